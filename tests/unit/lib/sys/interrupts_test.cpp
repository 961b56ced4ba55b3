#include "lib/sys/interrupts.h"

#include <csignal>

#include "lib/sys/process.h"
#include "tests/support/catch.h"

using namespace nbdroot;

TEST_CASE("a signal that would end the process is told instead, for good") {
    // In a child: what it does to signals stays.
    const auto child = sys::fork_child([] {
        auto interrupts = sys::Interrupts::take();
        if (!interrupts || interrupts->came()) return 1;
        (void)std::raise(SIGTERM);
        interrupts->wait(-1, std::chrono::hours(1));
        return interrupts->came() && interrupts->came() ? 0 : 2;
    });
    REQUIRE(child);
    CHECK(sys::wait_for_child(*child).is_success());
}
