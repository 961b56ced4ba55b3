// What there is on the device: the whole of it, and its partitions. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/disk/partition_table.h"
#include "agent/disk/superblock.h"
#include "agent/disk/unknown_content.h"

namespace nbdroot::agent::root {

struct Volume {
    std::string node;  // "/dev/nbd0p1"
    std::uint64_t size_bytes = 0;
    std::optional<disk::Superblock> content = {};   // the file system that fills it
    std::string other = {};                         // without one: "swap", "LUKS"; empty: unknown
    disk::SwapTags swap = {};                       // where that is swap
    std::optional<disk::Partition> partition = {};  // none: the whole device
};

// The whole device first.
using Volumes = std::vector<Volume>;

// "/dev/nbd0p1: ext4, UUID=..., LABEL=..., PARTUUID=..., PARTLABEL=..."
[[nodiscard]] std::string describe(const Volume& volume);

// All of them, separated by "; ", the first of them where there are many: one line of the kernel's
// log has no room for more.
[[nodiscard]] std::string describe(const Volumes& volumes);

}  // namespace nbdroot::agent::root
