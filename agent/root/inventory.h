// Reads from the device what choose_device() chooses among.
#pragma once

#include <string>

#include "agent/root/partition_node.h"
#include "agent/root/volume.h"
#include "lib/base/result.h"

namespace nbdroot::agent::root {

struct Inventory {
    Volumes volumes;
    TableFacts table;
};

// Looks for partitions only where ROOT (root=) needs them. Their content is read through DEVICE
// ("/dev/nbd0"): the choice does not wait for the kernel's nodes.
[[nodiscard]] Result<Inventory> take_inventory(const std::string& device, const std::string& root);

}  // namespace nbdroot::agent::root
