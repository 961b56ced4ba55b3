#include "server/session/write_payload.h"

#include <algorithm>
#include <cstring>

#include "server/session/limits.h"
#include "tests/support/catch.h"
#include "tests/unit/server/bounded_loop.h"
#include "tests/unit/server/temporary_file.h"

using nbdroot::ByteView;
using nbdroot::Level;
using nbdroot::Log;
using nbdroot::base::as_bytes;
using nbdroot::protocol::nbd::Command;
using nbdroot::protocol::nbd::ErrorNumber;
using nbdroot::protocol::nbd::Request;
using nbdroot::server::export_::Export;
using nbdroot::server::session::kWritePiece;
using nbdroot::server::session::WritePayload;
using nbdroot::server::storage::Access;
using nbdroot::server::storage::Image;
using nbdroot::server::storage::WorkerPool;
using nbdroot::test::BoundedLoop;
using nbdroot::test::TemporaryFile;

namespace {

constexpr std::size_t kFileSize = 3 * kWritePiece;

struct Fixture {
    BoundedLoop loop;
    std::unique_ptr<WorkerPool> pool = std::move(*WorkerPool::start(loop.get(), 1));
    Log log{Level::error, [](Level, std::string_view) {}};
    TemporaryFile file{std::string(kFileSize, '-')};
    Access access = Access::writable;

    std::shared_ptr<Export> target() {
        return std::make_shared<Export>(Export::Traits{.name = "x"},
                                        std::move(*Image::open(file.path(), access)), *pool, log);
    }
};

Request write_request(std::size_t offset, std::size_t length) {
    return {.command = Command::write,
            .offset_bytes = offset,
            .length_bytes = static_cast<std::uint32_t>(length)};
}

std::string letters(std::size_t length) {
    std::string text(length, ' ');
    for (std::size_t i = 0; i < length; ++i) text[i] = static_cast<char>('a' + i % 23);
    return text;
}

}  // namespace

TEST_CASE("a payload lands whole, however it is cut into receives", "[T41]") {
    const std::size_t step = GENERATE(1UL, 1000UL, 65536UL, kWritePiece, kWritePiece + 1);
    const bool direct = GENERATE(false, true);
    const std::size_t length = step == 1 ? 9000 : 2 * kWritePiece + 777;
    Fixture f;
    const auto target = f.target();
    const std::string payload = letters(length);
    WritePayload writing(write_request(1234, length), ErrorNumber::none, *target);
    for (std::size_t at = 0; at < length;) {
        const ByteView rest = as_bytes(payload).subspan(at);
        const ByteView piece = rest.first(std::min(step, rest.size()));
        if (direct) {
            const auto place = writing.place();
            const std::size_t count = std::min(place.size(), piece.size());
            std::memcpy(place.data(), piece.data(), count);
            writing.received(count);
            at += count;
        } else {
            CHECK(writing.take(piece) == piece.size());
            at += piece.size();
        }
    }
    CHECK(writing.complete());
    CHECK_FALSE(writing.error());
    CHECK(f.file.contents() ==
          std::string(1234, '-') + payload + std::string(kFileSize - 1234 - length, '-'));
}

TEST_CASE("bytes behind the payload are left for the next request") {
    Fixture f;
    const auto target = f.target();
    WritePayload writing(write_request(0, 3), ErrorNumber::none, *target);
    CHECK(writing.take(as_bytes("abcdef")) == 3);
    CHECK(writing.complete());
    CHECK(f.file.contents().substr(0, 6) == "abc---");
}

TEST_CASE("the payload of a refused request is thrown away", "[T34]") {
    Fixture f;
    const auto target = f.target();
    WritePayload writing(write_request(0, 5), ErrorNumber::no_space, *target);
    CHECK(writing.place().empty());
    CHECK(writing.take(as_bytes("abc")) == 3);
    CHECK_FALSE(writing.complete());
    CHECK(writing.take(as_bytes("defg")) == 2);
    CHECK(writing.complete());
    CHECK(f.file.contents() == std::string(kFileSize, '-'));
}

TEST_CASE("after a failed write the rest is thrown away and the first error kept") {
    Fixture f;
    f.access = Access::read_only;
    const auto target = f.target();
    const std::string payload = letters(kWritePiece + 10);
    WritePayload writing(write_request(0, payload.size()), ErrorNumber::none, *target);
    CHECK(writing.take(as_bytes(payload)) == payload.size());
    CHECK(writing.complete());
    REQUIRE(writing.error());
    CHECK(writing.error()->reason == "Bad file descriptor");
}
