// Reads from the device what choose_device() chooses among.
#pragma once

#include <string>

#include "agent/root/partition_node.h"
#include "agent/root/volume.h"
#include "lib/base/result.h"

namespace nbdroot::agent::root {

struct Inventory {
    Volumes volumes;
    TableFacts facts;
};

// Looks for partitions only where ROOT (root=) needs them, and into others than the one that ROOT
// names by its number only where there is none. Their content is read through DEVICE ("/dev/nbd0"):
// the choice does not wait for the kernel's nodes. A partition that cannot be read is one without a
// known content.
[[nodiscard]] Result<Inventory> take_inventory(const std::string& device, const std::string& root);

// The table of DEVICE and what it says of it.
[[nodiscard]] Result<TableFacts> read_table(const std::string& device);

}  // namespace nbdroot::agent::root
