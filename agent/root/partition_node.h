// The kernel's node of a partition: waiting for it, and why it may not come.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "agent/disk/partition_table.h"
#include "agent/root/volume.h"
#include "lib/base/result.h"

namespace nbdroot::agent::root {

struct TableFacts {
    std::uint64_t device_bytes = 0;
    std::uint32_t device_block_bytes = 512;
    disk::PartitionTable table = {};
};

// Returns once VOLUMES.front() (the device) has the partition NODE, where the table on the device
// says. One that the kernel ought to make of that table is waited for, by event and for at most 5
// s; any other has to be there after the kernel has read the table once more. An Error says why it
// may be missing, and the way out.
[[nodiscard]] Result<void> expect_partition(const std::string& node, const Volumes& volumes,
                                            const TableFacts& facts);

struct Evidence {
    std::optional<std::uint64_t> max_part = {};  // the nbd driver's parameter, where it is known
    std::string scan_failure = {};               // why the kernel did not read the table again
};

// The reason for that Error. Pure.
[[nodiscard]] std::string why_missing(const std::string& node, const Volumes& volumes,
                                      const TableFacts& facts, const Evidence& evidence);

// Why waiting for that partition is of no use; empty: the kernel ought to make it. Pure.
[[nodiscard]] std::string why_refused(const Volume& volume, const TableFacts& facts);

}  // namespace nbdroot::agent::root
