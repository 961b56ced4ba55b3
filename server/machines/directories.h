// The directories that overlays of this server have ever been in, by way of a file that keeps them:
// what needs a former image may lie in one that the configuration names no more.
#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"

namespace nbdroot::server::machines {

// Adds CURRENT to the file RECORD, one path a line, and returns all that it has; an Error: it may
// not have them. Waits for the disk.
[[nodiscard]] Result<std::vector<std::string>> remember_directories(
    const std::string& record, const std::vector<std::string>& current);

}  // namespace nbdroot::server::machines
