// Which file system begins here. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "lib/base/bytes.h"

namespace nbdroot::agent::disk {

// All that probe_superblock() looks at: btrfs keeps its superblock at 64 KiB.
inline constexpr std::size_t kProbeBytes = (std::size_t{64} << 10) + 4096;

struct Superblock {
    std::string file_system;       // as mount(2) wants it: "ext4"
    std::string uuid = {};         // lower case with dashes; empty where the format has none
    std::string label = {};        // empty: none
    bool needs_recovery = false;   // ext3, ext4, btrfs: the journal holds what is not written back
    std::uint64_t size_bytes = 0;  // what it needs of this device; 0: it does not say

    bool operator==(const Superblock&) const = default;
};

// By magic number: ext2, ext3, ext4, xfs, btrfs, squashfs, erofs, f2fs. BYTES is the start of the
// device, shorter than kProbeBytes where the device is.
[[nodiscard]] std::optional<Superblock> probe_superblock(ByteView bytes);

}  // namespace nbdroot::agent::disk
