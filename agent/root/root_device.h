// root= to a device node. Pure.
#pragma once

#include <optional>
#include <string>

#include "agent/disk/superblock.h"
#include "lib/base/result.h"

namespace nbdroot::agent::root {

// The node that ROOT (root=, may be empty) means when DEVICE ("/dev/nbd0") is what the server gave
// and WHOLE the file system that fills it, if one does: the device, one of its partitions, or the
// device again where UUID= or LABEL= name WHOLE.
[[nodiscard]] Result<std::string> choose_device(const std::string& root, const std::string& device,
                                                const std::optional<disk::Superblock>& whole);

}  // namespace nbdroot::agent::root
