// What is swapped to, as /proc/swaps says. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/exit/plan.h"

namespace nbdroot::agent::exit {

// The paths of swap that lies on DISK: a partition of it, or a file of a file system on it that
// TABLE shows. A line that has no such form is none.
[[nodiscard]] std::vector<std::string> swaps_on(std::string_view swaps, const Disk& disk,
                                                const std::vector<Mount>& table);

}  // namespace nbdroot::agent::exit
