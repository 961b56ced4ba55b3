// What the kernel's log holds.
#pragma once

#include <string>

#include "lib/base/result.h"

namespace nbdroot::sys {

// All of it, a record a line: "<6>[    1.420000] nbdroot [  1.42] start". klogctl(3); needs
// privileges where kernel.dmesg_restrict is set.
[[nodiscard]] Result<std::string> read_kernel_messages();

}  // namespace nbdroot::sys
