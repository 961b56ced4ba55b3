// What is wrong with a partition table, and the way out: words for people. Pure.
#pragma once

#include <string>

#include "agent/disk/partition_table.h"

namespace nbdroot::agent::disk {

// "its GPT is damaged, ...: repair the image ..."; empty: nothing. DISK_BYTES is what the device
// has now.
[[nodiscard]] std::string describe_trouble(const PartitionTable& table, std::uint64_t disk_bytes);

// Why the kernel makes no PARTITION, or a smaller one; empty: it lies on the disk.
[[nodiscard]] std::string describe_missing(const Partition& partition);

}  // namespace nbdroot::agent::disk
