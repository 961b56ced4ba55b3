// The next kernel of a machine that is going to end by kexec.
#pragma once

#include <string>

#include "lib/base/result.h"

namespace nbdroot::load {

struct NextKernel {
    std::string kernel;
    std::string initramfs;
    std::string command_line;
};

// kexec_file_load(2).
[[nodiscard]] Result<void> load_next_kernel(const NextKernel& next);

}  // namespace nbdroot::load
