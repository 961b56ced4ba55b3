// The one clock of every program here.
#pragma once

#include "lib/base/time.h"

namespace nbdroot::sys {

// CLOCK_MONOTONIC: milliseconds since the machine started, not counting suspend.
[[nodiscard]] Instant now();

}  // namespace nbdroot::sys
