// What a device holds that has no file system known here: words for people. Pure.
#pragma once

#include <string>
#include <string_view>

#include "agent/disk/partition_table.h"
#include "lib/base/bytes.h"

namespace nbdroot::agent::disk {

// "swap", "LUKS", "FAT": what is no root but has a name; empty: nothing known. BYTES as for
// probe_superblock().
[[nodiscard]] std::string_view other_content(ByteView bytes);

struct SwapTags {
    std::string uuid;
    std::string label;
};

// Of a swap area; empty for anything else. BYTES as above.
[[nodiscard]] SwapTags swap_tags(ByteView bytes);

struct Unknown {
    ByteView start;      // the first bytes, as for probe_superblock()
    std::string device;  // the whole one: "/dev/nbd0"
    // Of the device; for one of its partitions a table without anything.
    const PartitionTable& table;
    std::uint64_t device_bytes = 0;
};

// What is there instead of a file system, for an error message: "it has a GPT partition table;
// ...".
[[nodiscard]] std::string describe_unknown(const Unknown& unknown);

}  // namespace nbdroot::agent::disk
