// What an overlay counts in.
#pragma once

#include <algorithm>
#include <cstdint>

#include "lib/sys/disk.h"

namespace nbdroot::server::storage::overlay {

using sys::Extent;

// The page of the hosts that we run on, and the block of their file systems: writing one is never
// half done in the page cache, and a hole of one is free space.
inline constexpr std::uint64_t kBlockBytes = 4096;

enum class BlockState : std::uint8_t {
    base,  // as in the image
    data,  // in the data file
    zero   // zeroes, which lie nowhere
};

struct BlockRange {
    std::uint64_t first = 0;
    std::uint64_t count = 0;

    [[nodiscard]] std::uint64_t end() const { return first + count; }
    [[nodiscard]] Extent bytes() const { return {first * kBlockBytes, count * kBlockBytes}; }
    bool operator==(const BlockRange&) const = default;
};

struct BlockRun {
    BlockRange range;
    BlockState state = BlockState::base;

    bool operator==(const BlockRun&) const = default;
};

[[nodiscard]] constexpr std::uint64_t blocks_of(std::uint64_t bytes) {
    return bytes / kBlockBytes + (bytes % kBlockBytes != 0 ? 1 : 0);
}

// Every block that EXTENT, which is not empty, touches.
[[nodiscard]] inline BlockRange touched_by(Extent extent) {
    const std::uint64_t first = extent.offset_bytes / kBlockBytes;
    const std::uint64_t last = (extent.offset_bytes + extent.length_bytes - 1) / kBlockBytes;
    return {.first = first, .count = last - first + 1};
}

}  // namespace nbdroot::server::storage::overlay
