// What a server tells a client about one export. Plain values, host byte order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace nbdroot::protocol::nbd {

// proto.md, "Block size constraints"; all in bytes.
struct BlockSizes {
    std::uint32_t minimum = 1;          // power of two, at most 64 KiB
    std::uint32_t preferred = 4096;     // power of two, at least minimum
    std::uint32_t maximum_payload = 0;  // multiple of minimum, or 0xffffffff

    bool operator==(const BlockSizes&) const = default;
};

struct ExportInfo {
    std::uint64_t size_bytes = 0;
    std::uint16_t transmission_flags = 0;  // kTransmit… of constants.h
    // Absent: the server said nothing (EXPORT_NAME, old peers).
    std::optional<BlockSizes> block_sizes = std::nullopt;
    std::string canonical_name = {};  // NBD_INFO_NAME; empty: the server said nothing
    std::string description = {};     // NBD_INFO_DESCRIPTION

    bool operator==(const ExportInfo&) const = default;
};

}  // namespace nbdroot::protocol::nbd
