// The statistics of a block device, as the kernel writes them to /sys/block/nbdN/stat. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace nbdroot::base {

// Requests (the kernel's Documentation/block/stat.rst). Kernels before 5.5 count no flushes, and
// before 4.18 no discards.
struct BlockFigures {
    std::uint64_t reads = 0;
    std::uint64_t writes = 0;
    std::uint64_t discards = 0;
    std::uint64_t flushes = 0;
    std::uint64_t in_flight = 0;

    bool operator==(const BlockFigures&) const = default;
};

// nullopt: not what the kernel writes there.
[[nodiscard]] std::optional<BlockFigures> parse_block_figures(std::string_view stat);

}  // namespace nbdroot::base
