#include "lib/sys/program_search.h"

#include "tests/support/catch.h"

using nbdroot::sys::find_program;

TEST_CASE("programs are found by name, and only those that are there") {
    const auto shell = find_program("sh");
    REQUIRE(shell);
    CHECK(shell->ends_with("/sh"));
    CHECK_FALSE(find_program("no-such-program-anywhere"));
}
