// Kernel modules.
#pragma once

#include <string>

#include "lib/base/result.h"

namespace nbdroot::sys {

// finit_module(2) of the file PATH; ".ko.xz", ".ko.zst" and ".ko.gz" are left to the kernel to
// decompress (Linux 5.17 and CONFIG_MODULE_DECOMPRESS). A module that is loaded already is no
// error.
[[nodiscard]] Result<void> load_module(const std::string& path, const std::string& parameters);

}  // namespace nbdroot::sys
