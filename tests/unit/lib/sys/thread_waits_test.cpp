#include "lib/sys/thread_waits.h"

#include "lib/sys/clock.h"
#include "tests/support/catch.h"

using namespace nbdroot;

TEST_CASE("a thread that pauses has waited") {
    const auto before = sys::waits_of_this_thread();
    sys::pause_until(sys::now() + std::chrono::milliseconds(2));
    CHECK(sys::waits_of_this_thread() > before);
}
