// GUID partition tables (UEFI specification, chapter 5.3). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "agent/disk/partition_table.h"
#include "lib/base/bytes.h"

namespace nbdroot::agent::disk {

// Where the partitions' entries lie.
struct GptHeader {
    std::uint64_t entries_block = 0;
    std::uint32_t entry_count = 0;
    std::uint32_t entry_bytes = 0;
    std::uint32_t entries_crc = 0;
    std::uint64_t last_usable_block = 0;

    [[nodiscard]] std::uint64_t entries_bytes() const {
        return std::uint64_t{entry_count} * entry_bytes;
    }
};

// BLOCK was read at BLOCK_NUMBER, in blocks of its own size. nullopt: no header, a damaged one
// (CRC32), one of another place, or entries of a size that the kernel does not take.
[[nodiscard]] std::optional<GptHeader> parse_gpt_header(ByteView block, std::uint64_t block_number);

// nullopt: ENTRIES are not those that HEADER is of. Entries that are unused or make no sense are
// left out, as are those beyond the 255 that the kernel has numbers for; what a disk of DISK_BLOCKS
// blocks is too short for counts as missing.
[[nodiscard]] std::optional<std::vector<Partition>> parse_gpt_entries(const GptHeader& header,
                                                                      ByteView entries,
                                                                      std::uint32_t block_bytes,
                                                                      std::uint64_t disk_blocks);

}  // namespace nbdroot::agent::disk
