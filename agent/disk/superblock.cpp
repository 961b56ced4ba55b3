#include "agent/disk/superblock.h"

#include <array>
#include <cstdint>
#include <string_view>

#include "agent/disk/fields.h"

namespace nbdroot::agent::disk {
namespace {

// fs/ext4/ext4.h, struct ext4_super_block; the superblock lies at 1024.
namespace ext {
constexpr std::size_t kStart = 1024;
constexpr std::uint32_t kMagic = 0xef53;
constexpr std::uint32_t kCompatHasJournal = 0x4;
constexpr std::uint32_t kIncompatRecover = 0x4;
constexpr std::uint32_t kIncompatJournalDevice = 0x8;  // the journal of another device
constexpr std::uint32_t kIncompat64Bit = 0x80;
constexpr std::uint32_t kSmallestBlockLog = 10;
constexpr std::uint32_t kLargestBlockLog = 6;  // above the smallest: 64 KiB
// What the ext2 and ext3 drivers know; anything else is ext4.
constexpr std::uint32_t kOldIncompat = 0x2 | 0x4 | 0x10;       // filetype recover meta_bg
constexpr std::uint32_t kOldReadOnlyCompat = 0x1 | 0x2 | 0x4;  // sparse_super large_file btree_dir
}  // namespace ext

// COUNT blocks in bytes; 0 where that is no size of any device.
std::uint64_t product(std::uint64_t count, std::uint64_t block_bytes) {
    if (block_bytes == 0 || count > UINT64_MAX / block_bytes) return 0;
    return count * block_bytes;
}

// The same for a block size that is given as its logarithm.
std::uint64_t shifted(std::uint64_t count, std::uint32_t block_log) {
    return block_log > 16 ? 0 : product(count, std::uint64_t{1} << block_log);
}

std::uint64_t size_of_ext(ByteView bytes, std::uint32_t incompat) {
    const std::uint32_t block_log = u32_at(bytes, ext::kStart + 0x18);
    if (block_log > ext::kLargestBlockLog) return 0;
    std::uint64_t blocks = u32_at(bytes, ext::kStart + 0x4);
    if ((incompat & ext::kIncompat64Bit) != 0) {
        blocks |= std::uint64_t{u32_at(bytes, ext::kStart + 0x150)} << 32;
    }
    return shifted(blocks, block_log + ext::kSmallestBlockLog);
}

std::uint64_t size_of_xfs(ByteView bytes) {
    return product(big_u64_at(bytes, 8), big_u32_at(bytes, 4));
}

// Of this device: a file system may lie on several.
std::uint64_t size_of_btrfs(ByteView bytes) { return u64_at(bytes, 0x10000 + 0xd1); }

// A tree of log entries, from fsync(2), that no commit has taken up yet.
bool btrfs_needs_recovery(ByteView bytes) { return u64_at(bytes, 0x10000 + 0x60) != 0; }

// Image files are longer by what fills their last 4 KiB.
std::uint64_t size_of_squashfs(ByteView bytes) { return u64_at(bytes, 40); }

std::uint64_t size_of_erofs(ByteView bytes) {
    return shifted(u32_at(bytes, 1024 + 36), u16_at(bytes, 1024 + 12) & 0xff);
}

// To the end of the last segment: the kernel wants no more.
std::uint64_t size_of_f2fs(ByteView bytes) {
    const std::uint32_t segment_log = u32_at(bytes, 1024 + 20);
    if (segment_log > 16) return 0;
    const std::uint64_t blocks =
        u32_at(bytes, 1024 + 72) + (std::uint64_t{u32_at(bytes, 1024 + 48)} << segment_log);
    return shifted(blocks, u32_at(bytes, 1024 + 16));
}

std::optional<Superblock> probe_ext(ByteView bytes) {
    if (u16_at(bytes, ext::kStart + 0x38) != ext::kMagic) return std::nullopt;
    const std::uint32_t compat = u32_at(bytes, ext::kStart + 0x5c);
    const std::uint32_t incompat = u32_at(bytes, ext::kStart + 0x60);
    if ((incompat & ext::kIncompatJournalDevice) != 0) return std::nullopt;
    const std::uint32_t read_only_compat = u32_at(bytes, ext::kStart + 0x64);
    const bool is_new =
        (incompat & ~ext::kOldIncompat) != 0 || (read_only_compat & ~ext::kOldReadOnlyCompat) != 0;
    const bool has_journal = (compat & ext::kCompatHasJournal) != 0;
    return Superblock{.file_system = is_new        ? "ext4"
                                     : has_journal ? "ext3"
                                                   : "ext2",
                      .uuid = uuid_at(bytes, ext::kStart + 0x68),
                      .label = label_at(bytes, ext::kStart + 0x78, 16),
                      .needs_recovery = (incompat & ext::kIncompatRecover) != 0,
                      .size_bytes = size_of_ext(bytes, incompat)};
}

// File systems that a magic number alone tells. Offsets are from the start of the device; 0 stands
// for "the format has none", as no field lies there.
struct Format {
    std::string_view file_system;
    std::size_t magic_offset;
    std::string_view magic;
    std::size_t uuid_offset;
    std::size_t label_offset;
    std::size_t label_length;
    std::uint64_t (*size_bytes)(ByteView);
};

constexpr std::array<Format, 5> kFormats = {{
    {"xfs", 0, "XFSB", 32, 108, 12, size_of_xfs},                          // xfs_format.h, xfs_dsb
    {"btrfs", 0x10040, "_BHRfS_M", 0x10020, 0x1012b, 256, size_of_btrfs},  // btrfs_tree.h
    {"squashfs", 0, "hsqs", 0, 0, 0, size_of_squashfs},                    // squashfs_fs.h
    {"erofs", 1024, "\xe2\xe1\xf5\xe0", 1024 + 48, 1024 + 64, 16, size_of_erofs},  // erofs_fs.h
    {"f2fs", 1024, "\x10\x20\xf5\xf2", 1024 + 108, 0, 0, size_of_f2fs},            // f2fs_fs.h
}};

// f2fs: UTF-16, and cut here: nobody writes 512 letters on a command line.
constexpr std::size_t kF2fsLabelOffset = 1024 + 124;
constexpr std::size_t kF2fsLabelBytes = 256;

}  // namespace

std::optional<Superblock> probe_superblock(ByteView bytes) {
    for (const Format& format : kFormats) {
        if (!begins_with(bytes, format.magic_offset, format.magic)) continue;
        Superblock found{.file_system = std::string(format.file_system),
                         .uuid = {},
                         .label = {},
                         .size_bytes = format.size_bytes(bytes)};
        if (format.uuid_offset != 0) found.uuid = uuid_at(bytes, format.uuid_offset);
        found.label = label_at(bytes, format.label_offset, format.label_length);
        if (format.file_system == "f2fs") {
            found.label = utf16_at(bytes, kF2fsLabelOffset, kF2fsLabelBytes);
        }
        if (format.file_system == "btrfs") found.needs_recovery = btrfs_needs_recovery(bytes);
        return found;
    }
    return probe_ext(bytes);
}

}  // namespace nbdroot::agent::disk
