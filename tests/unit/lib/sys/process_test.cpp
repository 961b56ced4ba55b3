#include "lib/sys/process.h"

#include <chrono>
#include <csignal>

#include "lib/sys/clock.h"
#include "tests/support/catch.h"

using namespace nbdroot;
using namespace std::chrono_literals;

TEST_CASE("a child that leads no group yet is ended with its group all the same") {
    const Instant began = sys::now();
    const auto child = sys::fork_child([] {
        sys::pause_until(sys::now() + 5s);
        return 0;
    });
    REQUIRE(child);
    sys::kill_group(*child);
    CHECK(sys::now() < began + 4s);
}

TEST_CASE("what hangs is waited for until its limit, what is done no longer than that") {
    CHECK(sys::is_done_within(20s, [] {}));
    const Instant began = sys::now();
    CHECK_FALSE(sys::is_done_within(20ms, [] { sys::pause_until(sys::now() + 5s); }));
    CHECK(sys::now() >= began + 20ms);
    CHECK(sys::now() < began + 4s);
}

TEST_CASE("a process is ended and waited for, one that is not there is said to be none") {
    const auto child = sys::fork_child([] {
        sys::pause_until(sys::now() + 60s);
        return 0;
    });
    REQUIRE(child);
    CHECK(sys::end_process(*child, 20s));
    CHECK(sys::wait_for_child(*child).signal == SIGKILL);
    CHECK_FALSE(sys::end_process(*child, 20s));
}
