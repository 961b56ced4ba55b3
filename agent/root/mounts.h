// The file systems of the kernel that the agent mounts and hands over.
#pragma once

#include <array>
#include <string>

namespace nbdroot::agent::root {

struct KernelMount {
    const char* path;
    const char* type;
    unsigned long flags;  // MS_…
    const char* data;
};

// In mounting order; the real init finds all four mounted.
[[nodiscard]] const std::array<KernelMount, 4>& kernel_mounts();

}  // namespace nbdroot::agent::root
