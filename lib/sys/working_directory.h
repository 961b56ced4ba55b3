// Where relative paths begin.
#pragma once

#include <string>

#include "lib/base/result.h"

namespace nbdroot::sys {

[[nodiscard]] Result<std::string> working_directory();

}  // namespace nbdroot::sys
