#include "lib/sys/boot_timer.h"

#include <poll.h>

#include "lib/sys/clock.h"
#include "tests/support/catch.h"

namespace nbdroot::sys {
namespace {

// Whether it is over within LIMIT_MS.
bool is_over(const BootTimer& timer, int limit_ms) {
    pollfd wait{.fd = timer.fd(), .events = POLLIN, .revents = 0};
    return ::poll(&wait, 1, limit_ms) == 1;
}

}  // namespace

TEST_CASE("the time since the boot goes on, never behind the time without sleep") {
    const Instant first = boot_now();
    CHECK(first >= now() - Duration{1'000});
    CHECK(boot_now() >= first);
}

TEST_CASE("a deadline that lies behind, or at the very start, is over at once") {
    for (const Instant deadline : {boot_now() - Duration{5}, Instant{}}) {
        auto timer = BootTimer::open();
        REQUIRE(timer);
        timer->arm(deadline);
        CHECK(is_over(*timer, 5'000));
        // Until it is armed anew, or cancelled.
        CHECK(is_over(*timer, 0));
        timer->arm(boot_now() + Duration{100'000});
        CHECK_FALSE(is_over(*timer, 0));
    }
}

TEST_CASE("a deadline ahead is over then, one that is cancelled never") {
    auto timer = BootTimer::open();
    REQUIRE(timer);
    CHECK_FALSE(is_over(*timer, 0));
    const Instant deadline = boot_now() + Duration{20};
    timer->arm(deadline);
    CHECK(is_over(*timer, 5'000));
    CHECK(boot_now() >= deadline);
    timer->cancel();
    CHECK_FALSE(is_over(*timer, 0));
}

}  // namespace nbdroot::sys
