// The machine's name.
#pragma once

#include <string>

#include "lib/base/result.h"

namespace nbdroot::sys {

// sethostname(2).
[[nodiscard]] Result<void> set_host_name(const std::string& name);

}  // namespace nbdroot::sys
