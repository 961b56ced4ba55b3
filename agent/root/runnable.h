// Whether the kernel could execute a program of a root file system, before that is entered.
#pragma once

#include <string>

#include "lib/base/result.h"

namespace nbdroot::agent::root {

// PATH as a process sees it whose root is ROOT: its file, its architecture, its loader or the
// interpreter of its first line. The Error says what is wrong; "yes" where this cannot be known.
[[nodiscard]] Result<void> check_runnable(const std::string& root, const std::string& path);

}  // namespace nbdroot::agent::root
