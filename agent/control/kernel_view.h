// What nbdrootctl itself reads of the kernel about a block device.
#pragma once

#include <optional>
#include <string>

#include "lib/base/block_figures.h"

namespace nbdroot::agent::control {

struct KernelView {
    std::optional<base::BlockFigures> figures = {};
    std::string queue = {};    // what the driver has, as its files say it
    std::string trouble = {};  // why the queue cannot be seen; empty: it can
};

// DEVICE: "nbd0".
[[nodiscard]] KernelView look_at_kernel(const std::string& device);

}  // namespace nbdroot::agent::control
