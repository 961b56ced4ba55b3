#include "agent/disk/gpt.h"

#include <array>

#include "agent/disk/crc32.h"
#include "agent/disk/fields.h"

namespace nbdroot::agent::disk {
namespace {

// The specification's smallest header, and where its own CRC32 lies in it.
constexpr std::uint32_t kSmallestHeaderBytes = 92;
constexpr std::size_t kCrcOffset = 16;

// block/partitions/efi.c takes entries of 128 bytes only; UEFI allows that times a power of two.
constexpr std::uint32_t kEntryBytes = 128;
constexpr std::uint32_t kLargestEntryBytes = 4096;
// Tools make 128 entries; the kernel has names for 255 partitions of a disk.
constexpr std::uint32_t kEntryCountMaximum = 256;

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
    if (partition.type.empty() || first > last || last >= disk_blocks) return std::nullopt;
    partition.offset_bytes = first * block_bytes;
    partition.size_bytes = (last - first + 1) * block_bytes;
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
                           .entries_crc = u32_at(block, 88)};
    if (header.entry_count == 0 || header.entry_count > kEntryCountMaximum) return std::nullopt;
    if (header.entry_bytes < kEntryBytes || header.entry_bytes > kLargestEntryBytes ||
        header.entry_bytes % kEntryBytes != 0) {
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
    for (std::uint32_t i = 0; i < header.entry_count; ++i) {
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
