#include "server/session/answer.h"

#include <cerrno>

#include "tests/support/catch.h"

using nbdroot::Error;
using nbdroot::protocol::nbd::ErrorNumber;
using nbdroot::server::session::answer_for;

TEST_CASE("faults of the disk are answered, the server's own troubles never", "[T43][T44][T45]") {
    const auto [code, number] = GENERATE(table<int, std::optional<ErrorNumber>>({
        {EIO, ErrorNumber::io},
        {ENODATA, ErrorNumber::io},
        {EBADF, ErrorNumber::io},
        {ENOSPC, ErrorNumber::no_space},
        {EDQUOT, ErrorNumber::no_space},
        {EROFS, ErrorNumber::permission},
        {ENOMEM, std::nullopt},
        {ENOBUFS, std::nullopt},
        {EMFILE, std::nullopt},
        {ENFILE, std::nullopt},
        {EAGAIN, std::nullopt},
    }));
    CHECK(answer_for(Error{.operation = "", .object = "", .reason = "x", .code = code}) == number);
}
