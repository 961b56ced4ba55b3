#include "lib/sys/journal.h"

#include <sys/stat.h>

#include <cstdlib>

#include "lib/base/text.h"
#include "tests/support/catch.h"

namespace {

bool is_journal_with(const std::string& stream) {
    ::setenv("JOURNAL_STREAM", stream.c_str(), 1);
    const bool is = nbdroot::sys::is_journal(0);
    ::unsetenv("JOURNAL_STREAM");
    return is;
}

}  // namespace

TEST_CASE("a descriptor that was redirected since is not the journal") {
    struct stat status {};
    REQUIRE(::fstat(0, &status) == 0);
    CHECK(is_journal_with(nbdroot::cat(status.st_dev, ':', status.st_ino)));
    CHECK_FALSE(is_journal_with(nbdroot::cat(status.st_dev, ':', status.st_ino + 1)));
    CHECK_FALSE(is_journal_with("nonsense"));
    CHECK_FALSE(nbdroot::sys::is_journal(0));  // no journal at all
}
