#include "agent/disk/partition_table.h"

#include <array>
#include <utility>

#include "agent/disk/gpt.h"
#include "agent/disk/mbr.h"

namespace nbdroot::agent::disk {
namespace {

constexpr std::size_t kSectorBytes = 512;
// The kernel takes 4 MiB; gdisk makes longer lists than 16 KiB only where it is asked to.
constexpr std::uint64_t kEntriesBytesMaximum = std::uint64_t{1} << 20;

// The block sizes that GPTs are made for.
constexpr std::array<std::uint32_t, 2> kBlockSizes = {512, 4096};

using Found = Result<std::optional<PartitionTable>>;

Found read_gpt_at(const Disk& disk, std::uint32_t block_bytes, std::uint64_t block) {
    const std::uint64_t blocks = disk.size_bytes / block_bytes;
    if (block == 0 || block >= blocks) return std::nullopt;
    const Bytes bytes = NBDROOT_TRY(disk.read(block * block_bytes, block_bytes));
    const auto header = parse_gpt_header(bytes, block);
    if (!header || header->entries_block >= blocks) return std::nullopt;
    const std::uint64_t offset = header->entries_block * block_bytes;
    const std::uint64_t length = header->entries_bytes();
    if (length > kEntriesBytesMaximum || length > disk.size_bytes - offset) return std::nullopt;
    const Bytes entries = NBDROOT_TRY(disk.read(offset, static_cast<std::size_t>(length)));
    auto partitions = parse_gpt_entries(*header, entries, block_bytes, blocks);
    if (!partitions) return std::nullopt;
    PartitionTable table{.kind = PartitionTable::Kind::gpt,
                         .block_bytes = block_bytes,
                         .partitions = std::move(*partitions)};
    if (header->last_usable_block >= blocks) {
        table.trouble = PartitionTable::Trouble::cut_off;
        table.described_bytes = (header->last_usable_block + 1) * block_bytes;
    }
    return table;
}

// The device's own block size first: the kernel knows no other.
std::array<std::uint32_t, 2> block_sizes_for(const Disk& disk) {
    auto sizes = kBlockSizes;
    if (disk.block_bytes == sizes[1]) std::swap(sizes[0], sizes[1]);
    return sizes;
}

Found read_gpt_at_start(const Disk& disk) {
    for (const std::uint32_t block_bytes : block_sizes_for(disk)) {
        auto table = NBDROOT_TRY(read_gpt_at(disk, block_bytes, 1));
        if (table) return table;
    }
    return std::nullopt;
}

Found read_gpt_at_end(const Disk& disk) {
    for (const std::uint32_t block_bytes : block_sizes_for(disk)) {
        const std::uint64_t blocks = disk.size_bytes / block_bytes;
        if (blocks == 0) continue;
        auto table = NBDROOT_TRY(read_gpt_at(disk, block_bytes, blocks - 1));
        if (!table) continue;
        table->from_backup = true;
        return table;
    }
    return std::nullopt;
}

// A GPT counts only behind its protective MBR, as in the kernel.
Result<PartitionTable> read_protected_gpt(const Disk& disk) {
    auto table = NBDROOT_TRY(read_gpt_at_start(disk));
    if (!table) table = NBDROOT_TRY(read_gpt_at_end(disk));
    if (table) return std::move(*table);
    return PartitionTable{.kind = PartitionTable::Kind::gpt,
                          .partitions = {},
                          .trouble = PartitionTable::Trouble::damaged};
}

}  // namespace

Result<PartitionTable> read_partition_table(const Disk& disk) {
    if (disk.size_bytes < kSectorBytes) return PartitionTable{};
    const Bytes sector = NBDROOT_TRY(disk.read(0, kSectorBytes));
    if (is_protective_mbr(sector)) return read_protected_gpt(disk);
    auto table = NBDROOT_TRY(read_mbr(disk, sector));
    if (!table.partitions.empty()) return table;
    const auto unprotected = NBDROOT_TRY(read_gpt_at_start(disk));
    if (unprotected) table.trouble = PartitionTable::Trouble::unprotected;
    return table;
}

}  // namespace nbdroot::agent::disk
