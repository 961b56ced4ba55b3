#include "agent/disk/unknown_content.h"

#include <algorithm>
#include <array>

#include "agent/disk/fields.h"
#include "agent/disk/table_trouble.h"
#include "lib/base/text.h"

namespace nbdroot::agent::disk {
namespace {

struct Other {
    std::size_t offset;
    std::string_view magic;
    std::string_view name;
};

constexpr std::string_view kSwap = "swap";

constexpr std::array<Other, 10> kOthers = {{
    {0, "LUKS\xba\xbe", "LUKS"},
    {512, "LABELONE", "LVM2"},
    {4086, "SWAPSPACE2", kSwap},
    {54, "FAT12", "FAT"},
    {54, "FAT16", "FAT"},
    {82, "FAT32", "FAT"},
    {3, "NTFS    ", "NTFS"},
    {3, "EXFAT   ", "exFAT"},
    {0x8001, "CD001", "ISO 9660"},
    {0x1000, "\xfc\x4e\x2b\xa9", "RAID"},  // md with metadata 1.2
}};

// fs/ext4/ext4.h: the magic of ext, and the feature journal_dev.
bool is_ext_journal(ByteView bytes) {
    return begins_with(bytes, 1024 + 0x38, "\x53\xef") && (u32_at(bytes, 1024 + 0x60) & 0x8) != 0;
}

}  // namespace

std::string_view other_content(ByteView bytes) {
    if (is_ext_journal(bytes)) return "an external ext journal";
    for (const Other& other : kOthers) {
        if (begins_with(bytes, other.offset, other.magic)) return other.name;
    }
    return {};
}

// include/linux/swap.h, union swap_header.
SwapTags swap_tags(ByteView bytes) {
    if (other_content(bytes) != kSwap) return {};
    return {.uuid = uuid_at(bytes, 1024 + 12), .label = label_at(bytes, 1024 + 28, 16)};
}

std::string describe_unknown(const Unknown& unknown) {
    const ByteView bytes = unknown.start;
    const PartitionTable& table = unknown.table;
    if (std::string trouble = describe_trouble(table, unknown.device_bytes); !trouble.empty()) {
        return trouble;
    }
    if (!table.partitions.empty()) {
        return cat("it has ", table.kind == PartitionTable::Kind::gpt ? "a GPT" : "an MBR",
                   " partition table; leave root= out, or use root=", unknown.device, "p",
                   table.partitions.front().number, " or another partition");
    }
    if (const std::string_view other = other_content(bytes); !other.empty()) {
        return cat("it holds ", other, ", which is no file system for a root here");
    }
    if (table.kind == PartitionTable::Kind::gpt) return "its GPT has no partitions";
    if (begins_with(bytes, 0, "QFI\xfb")) {
        return "it is a qcow2 image file; the server must serve what the image holds (qemu-nbd)";
    }
    if (begins_with(bytes, 0, "\x1f\x8b") || begins_with(bytes, 0, "\xfd\x37zXZ") ||
        begins_with(bytes, 0, "\x28\xb5\x2f\xfd")) {
        return "it is a compressed file; the server must serve the image unpacked";
    }
    const auto is_zero = [](std::byte byte) { return byte == std::byte{0}; };
    if (std::all_of(bytes.begin(), bytes.end(), is_zero)) {
        return cat("its first ", bytes.size(),
                   " bytes are zero; a wrong export, or a lost connection?");
    }
    return "its first bytes are of no file system known here; give rootfstype=";
}

}  // namespace nbdroot::agent::disk
