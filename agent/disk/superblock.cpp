#include "agent/disk/superblock.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "agent/disk/fields.h"
#include "lib/base/text.h"

namespace nbdroot::agent::disk {
namespace {

// fs/ext4/ext4.h, struct ext4_super_block; the superblock lies at 1024.
namespace ext {
constexpr std::size_t kStart = 1024;
constexpr std::uint32_t kMagic = 0xef53;
constexpr std::uint32_t kCompatHasJournal = 0x4;
constexpr std::uint32_t kIncompatRecover = 0x4;
// What the ext2 and ext3 drivers know; anything else is ext4.
constexpr std::uint32_t kOldIncompat = 0x2 | 0x4 | 0x8 | 0x10;  // filetype recover journal meta_bg
constexpr std::uint32_t kOldReadOnlyCompat = 0x1 | 0x2 | 0x4;   // sparse_super large_file btree_dir
}  // namespace ext

std::optional<Superblock> probe_ext(ByteView bytes) {
    if (u16_at(bytes, ext::kStart + 0x38) != ext::kMagic) return std::nullopt;
    const std::uint32_t compat = u32_at(bytes, ext::kStart + 0x5c);
    const std::uint32_t incompat = u32_at(bytes, ext::kStart + 0x60);
    const std::uint32_t read_only_compat = u32_at(bytes, ext::kStart + 0x64);
    const bool is_new =
        (incompat & ~ext::kOldIncompat) != 0 || (read_only_compat & ~ext::kOldReadOnlyCompat) != 0;
    const bool has_journal = (compat & ext::kCompatHasJournal) != 0;
    return Superblock{.file_system = is_new        ? "ext4"
                                     : has_journal ? "ext3"
                                                   : "ext2",
                      .uuid = uuid_at(bytes, ext::kStart + 0x68),
                      .label = label_at(bytes, ext::kStart + 0x78, 16),
                      .needs_recovery = (incompat & ext::kIncompatRecover) != 0};
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
};

constexpr std::array<Format, 5> kFormats = {{
    {"xfs", 0, "XFSB", 32, 108, 12},                                // xfs_format.h, xfs_dsb
    {"btrfs", 0x10040, "_BHRfS_M", 0x10020, 0x1012b, 256},          // btrfs_tree.h
    {"squashfs", 0, "hsqs", 0, 0, 0},                               // squashfs_fs.h
    {"erofs", 1024, "\xe2\xe1\xf5\xe0", 1024 + 48, 1024 + 64, 16},  // erofs_fs.h
    {"f2fs", 1024, "\x10\x20\xf5\xf2", 1024 + 108, 0, 0},           // f2fs_fs.h; label is UTF-16
}};

}  // namespace

std::optional<Superblock> probe_superblock(ByteView bytes) {
    for (const Format& format : kFormats) {
        if (!begins_with(bytes, format.magic_offset, format.magic)) continue;
        Superblock found{.file_system = std::string(format.file_system), .uuid = {}, .label = {}};
        if (format.uuid_offset != 0) found.uuid = uuid_at(bytes, format.uuid_offset);
        found.label = label_at(bytes, format.label_offset, format.label_length);
        return found;
    }
    return probe_ext(bytes);
}

std::string describe_unknown(ByteView bytes, const std::string& device) {
    const auto use_partition = [&device](std::string_view table) {
        return cat("it begins with ", table, "; use root=", device, "p1 or another partition");
    };
    if (begins_with(bytes, 512, "EFI PART")) return use_partition("a GPT partition table");
    if (begins_with(bytes, 0, "QFI\xfb")) {
        return "it is a qcow2 image file; the server must serve what the image holds (qemu-nbd)";
    }
    if (begins_with(bytes, 0, "\x1f\x8b") || begins_with(bytes, 0, "\xfd\x37zXZ") ||
        begins_with(bytes, 0, "\x28\xb5\x2f\xfd")) {
        return "it is a compressed file; the server must serve the image unpacked";
    }
    if (begins_with(bytes, 510, "\x55\xaa")) return use_partition("an MBR partition table");
    const auto is_zero = [](std::byte byte) { return byte == std::byte{0}; };
    if (std::all_of(bytes.begin(), bytes.end(), is_zero)) {
        return cat("its first ", bytes.size(),
                   " bytes are zero; a wrong export, or a lost connection?");
    }
    return "its first bytes are of no file system known here; give rootfstype=";
}

}  // namespace nbdroot::agent::disk
