#include "agent/attach/wait.h"

#include "tests/support/catch.h"

namespace nbdroot::agent::attach {

TEST_CASE("a condition that holds is not waited for") {
    int asked = 0;
    CHECK(wait_until(Duration{60'000}, [&] { return Result<bool>(++asked > 0); }) == true);
    CHECK(asked == 1);
}

TEST_CASE("a condition that comes later is seen") {
    int asked = 0;
    CHECK(wait_until(Duration{60'000}, [&] { return Result<bool>(++asked >= 4); }) == true);
    CHECK(asked == 4);
}

TEST_CASE("a condition that never comes ends at the limit") {
    CHECK(wait_until(Duration{30}, [] { return Result<bool>(false); }) == false);
}

TEST_CASE("an error of the condition ends the wait and is handed on") {
    int asked = 0;
    const auto result = wait_until(Duration{60'000}, [&]() -> Result<bool> {
        if (++asked < 3) return false;
        return fail("look", "device", "gone");
    });
    REQUIRE_FALSE(result);
    CHECK(result.error().reason == "gone");
}

}  // namespace nbdroot::agent::attach
