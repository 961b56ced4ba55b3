// Time comes from outside: pure code is handed an Instant and never asks a clock.
#pragma once

#include <chrono>

namespace nbdroot::base {

using Duration = std::chrono::milliseconds;

// CLOCK_MONOTONIC (sys::now() reads it); in tests whatever the test says. It has no now() on
// purpose.
struct MonotonicClock {
    using duration = Duration;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<MonotonicClock, Duration>;
    static constexpr bool is_steady = true;
};

using Instant = MonotonicClock::time_point;

}  // namespace nbdroot::base

namespace nbdroot {
using base::Duration;
using base::Instant;
}  // namespace nbdroot
