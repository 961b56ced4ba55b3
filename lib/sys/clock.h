// The one clock of every program here.
#pragma once

#include <cstdint>

#include "lib/base/time.h"

namespace nbdroot::sys {

// CLOCK_MONOTONIC: milliseconds since the machine started, not counting suspend.
[[nodiscard]] Instant now();

// CLOCK_REALTIME: microseconds since 1970, as far as the machine knows.
[[nodiscard]] std::int64_t calendar_time_us();

// Does nothing until DEADLINE: for a time that the user asked for (rootdelay=, panic=), never to
// guess when something will be ready.
void pause_until(Instant deadline);

// Does nothing for ever: process 1 must not end.
[[noreturn]] void pause_for_ever();

}  // namespace nbdroot::sys
