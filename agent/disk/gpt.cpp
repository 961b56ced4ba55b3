#include "agent/disk/gpt.h"

#include <algorithm>
#include <array>

#include "agent/disk/crc32.h"
#include "agent/disk/fields.h"

namespace nbdroot::agent::disk {
namespace {

// The specification's smallest header, and where its own CRC32 lies in it.
constexpr std::uint32_t kSmallestHeaderBytes = 92;
constexpr std::size_t kCrcOffset = 16;

// As in block/partitions/efi.c; UEFI allows that times a power of two, but nobody writes it.
constexpr std::uint32_t kEntryBytes = 128;
// Tools make 128 entries; the kernel has names for 255 partitions of a disk, and takes longer
// lists.
constexpr std::uint32_t kNumberMaximum = 255;

// No disk is as large: the products of its numbers with the block size stay numbers.
constexpr std::uint64_t kBlockMaximum = std::uint64_t{1} << 48;

constexpr std::size_t kNameOffset = 56;
constexpr std::size_t kNameBytes = 72;

bool is_whole(ByteView header) {
    static constexpr std::array<std::byte, 4> kZero{};
    Crc32 crc;
    crc.add(header.first(kCrcOffset));
    crc.add(kZero);
    crc.add(header.subspan(kCrcOffset + kZero.size()));
    return crc.value() == u32_at(header, kCrcOffset);
}

std::optional<Partition> parse_entry(ByteView entry, std::uint32_t block_bytes,
                                     std::uint64_t disk_blocks) {
    Partition partition{.type = guid_at(entry, 0), .uuid = guid_at(entry, 16), .name = {}};
    const std::uint64_t first = u64_at(entry, 32);
    const std::uint64_t last = u64_at(entry, 40);
    if (partition.type.empty() || first > last || last >= kBlockMaximum) return std::nullopt;
    const std::uint64_t count = last - first + 1;
    const std::uint64_t on_disk = first < disk_blocks ? std::min(count, disk_blocks - first) : 0;
    partition.offset_bytes = first * block_bytes;
    partition.size_bytes = on_disk * block_bytes;
    partition.missing_bytes = (count - on_disk) * block_bytes;
    partition.attributes = u64_at(entry, 48);
    partition.name = utf16_at(entry, kNameOffset, kNameBytes);
    return partition;
}

}  // namespace

std::optional<GptHeader> parse_gpt_header(ByteView block, std::uint64_t block_number) {
    if (!begins_with(block, 0, "EFI PART")) return std::nullopt;
    const std::uint32_t header_bytes = u32_at(block, 12);
    if (header_bytes < kSmallestHeaderBytes || header_bytes > block.size()) return std::nullopt;
    if (!is_whole(block.first(header_bytes))) return std::nullopt;
    if (u64_at(block, 24) != block_number) return std::nullopt;
    const GptHeader header{.entries_block = u64_at(block, 72),
                           .entry_count = u32_at(block, 80),
                           .entry_bytes = u32_at(block, 84),
                           .entries_crc = u32_at(block, 88),
                           .last_usable_block = u64_at(block, 48)};
    if (header.entry_count == 0 || header.entry_bytes != kEntryBytes) return std::nullopt;
    const std::uint64_t first_usable = u64_at(block, 40);
    if (first_usable > header.last_usable_block || header.last_usable_block >= kBlockMaximum) {
        return std::nullopt;
    }
    return header;
}

std::optional<std::vector<Partition>> parse_gpt_entries(const GptHeader& header, ByteView entries,
                                                        std::uint32_t block_bytes,
                                                        std::uint64_t disk_blocks) {
    if (entries.size() != header.entries_bytes()) return std::nullopt;
    Crc32 crc;
    crc.add(entries);
    if (crc.value() != header.entries_crc) return std::nullopt;
    std::vector<Partition> partitions;
    const std::uint32_t count = std::min(header.entry_count, kNumberMaximum);
    for (std::uint32_t i = 0; i < count; ++i) {
        const ByteView entry =
            entries.subspan(std::size_t{i} * header.entry_bytes, header.entry_bytes);
        auto partition = parse_entry(entry, block_bytes, disk_blocks);
        if (!partition) continue;
        partition->number = i + 1;
        partitions.push_back(std::move(*partition));
    }
    return partitions;
}

}  // namespace nbdroot::agent::disk
