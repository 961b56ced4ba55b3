// Swap space.
#pragma once

#include <string>

#include "lib/base/result.h"

namespace nbdroot::sys {

// swapoff(2): reads back what was swapped to PATH.
[[nodiscard]] Result<void> stop_swapping(const std::string& path);

}  // namespace nbdroot::sys
