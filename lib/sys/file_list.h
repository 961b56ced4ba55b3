// What a directory has.
#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"

namespace nbdroot::sys {

// The names of the regular files in DIRECTORY, and of links to such, sorted by their bytes.
[[nodiscard]] Result<std::vector<std::string>> list_files(const std::string& directory);

// The names of the directories in DIRECTORY, in no order.
[[nodiscard]] Result<std::vector<std::string>> list_directories(const std::string& directory);

}  // namespace nbdroot::sys
