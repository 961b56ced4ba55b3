#include "agent/disk/partition_table.h"

#include <array>
#include <utility>

#include "agent/disk/gpt.h"
#include "agent/disk/mbr.h"

namespace nbdroot::agent::disk {
namespace {

constexpr std::size_t kSectorBytes = 512;
constexpr std::size_t kEntriesBytesMaximum = std::size_t{1} << 20;

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
    const std::size_t length = header->entries_bytes();
    if (length > kEntriesBytesMaximum || length > disk.size_bytes - offset) return std::nullopt;
    const Bytes entries = NBDROOT_TRY(disk.read(offset, length));
    auto partitions = parse_gpt_entries(*header, entries, block_bytes, blocks);
    if (!partitions) return std::nullopt;
    return PartitionTable{.kind = PartitionTable::Kind::gpt,
                          .block_bytes = block_bytes,
                          .partitions = std::move(*partitions)};
}

// The device's own block size first: the kernel knows no other.
std::array<std::uint32_t, 2> block_sizes_for(const Disk& disk) {
    auto sizes = kBlockSizes;
    if (disk.block_bytes == sizes[1]) std::swap(sizes[0], sizes[1]);
    return sizes;
}

Found read_gpt(const Disk& disk) {
    const auto sizes = block_sizes_for(disk);
    for (const std::uint32_t block_bytes : sizes) {
        auto table = NBDROOT_TRY(read_gpt_at(disk, block_bytes, 1));
        if (table) return table;
    }
    for (const std::uint32_t block_bytes : sizes) {
        const std::uint64_t blocks = disk.size_bytes / block_bytes;
        if (blocks == 0) continue;
        auto table = NBDROOT_TRY(read_gpt_at(disk, block_bytes, blocks - 1));
        if (!table) continue;
        table->from_backup = true;
        return table;
    }
    return std::nullopt;
}

}  // namespace

// A GPT counts only behind its protective MBR, as in the kernel: without one it is the remains of
// an older use of the disk.
Result<PartitionTable> read_partition_table(const Disk& disk) {
    if (disk.size_bytes < kSectorBytes) return PartitionTable{};
    const Bytes sector = NBDROOT_TRY(disk.read(0, kSectorBytes));
    if (is_protective_mbr(sector)) {
        auto table = NBDROOT_TRY(read_gpt(disk));
        return table ? std::move(*table)
                     : PartitionTable{.kind = PartitionTable::Kind::gpt, .partitions = {}};
    }
    auto partitions = NBDROOT_TRY(read_mbr(disk, sector));
    if (partitions.empty()) return PartitionTable{};
    return PartitionTable{.kind = PartitionTable::Kind::mbr,
                          .block_bytes = disk.block_bytes,
                          .partitions = std::move(partitions)};
}

}  // namespace nbdroot::agent::disk
