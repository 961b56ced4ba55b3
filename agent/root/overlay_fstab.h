// The file /etc/fstab of an overlay.
#pragma once

#include <string>

#include "lib/base/result.h"

namespace nbdroot::agent::root {

struct OverlayTrees {
    std::string merged;  // where the overlay is mounted
    std::string lower;   // what lies below it
};

// Replaces the fstab of TREES.merged by fstab_of_overlay(), where that differs, with the owner and
// the mode it had. DEVICE is the one below the overlay. An fstab that is a symbolic link is an
// Error: it may lead out of the root that is not yet "/".
[[nodiscard]] Result<void> edit_fstab(const OverlayTrees& trees, const std::string& device);

}  // namespace nbdroot::agent::root
