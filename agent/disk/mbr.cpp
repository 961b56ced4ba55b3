#include "agent/disk/mbr.h"

#include <algorithm>
#include <array>
#include <optional>

#include "agent/disk/fields.h"
#include "lib/base/text.h"

namespace nbdroot::agent::disk {
namespace {

constexpr std::size_t kSectorBytes = 512;
constexpr std::size_t kDiskIdOffset = 440;
constexpr std::size_t kEntriesOffset = 446;
constexpr std::size_t kEntryBytes = 16;
constexpr std::uint32_t kProtectiveType = 0xee;
constexpr std::uint64_t kGptBlock = 1;  // where it begins; block/partitions/efi.c wants it so
constexpr std::uint32_t kFirstLogical = 5;
// Both as in the kernel: links of a chain without a partition, and partitions of a disk.
constexpr int kEmptyLinksMaximum = 100;
constexpr std::uint32_t kNumberMaximum = 255;
// Of all chains together: four of them could lead to themselves, with a partition now and then.
constexpr int kLinksMaximum = 400;

struct Entry {
    std::uint32_t boot_flag = 0;
    std::uint32_t type = 0;
    std::uint64_t first = 0;  // in blocks
    std::uint64_t count = 0;

    [[nodiscard]] bool is_extended() const { return type == 0x05 || type == 0x0f || type == 0x85; }
};
using Entries = std::array<Entry, 4>;

Entries entries_of(ByteView sector) {
    Entries entries;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const std::size_t offset = kEntriesOffset + i * kEntryBytes;
        entries[i] = {.boot_flag = u16_at(sector, offset) & 0xff,
                      .type = u16_at(sector, offset + 4) & 0xff,
                      .first = u32_at(sector, offset + 8),
                      .count = u32_at(sector, offset + 12)};
    }
    return entries;
}

std::string hex_byte(std::uint32_t value) {
    const std::array<std::byte, 1> byte{static_cast<std::byte>(value & 0xff)};
    return base::hex(byte);
}

class Reader {
public:
    Reader(const Disk& disk, ByteView sector)
        : disk_(disk), blocks_(disk.size_bytes / disk.block_bytes) {
        const std::string id = hex_u32_at(sector, kDiskIdOffset);
        id_ = id.empty() ? "00000000" : id;
    }

    Result<PartitionTable> read(const Entries& entries) {
        for (std::uint32_t i = 0; i < entries.size(); ++i) {
            const Entry& entry = entries[i];
            if (entry.count == 0) continue;
            end_ = std::max(end_, entry.first + entry.count);
            if (entry.is_extended()) {
                NBDROOT_CHECK(read_chain(entry));
            } else {
                add(entry, entry.first, i + 1);
            }
        }
        if (partitions_.empty()) return PartitionTable{};
        PartitionTable table{.kind = PartitionTable::Kind::mbr,
                             .block_bytes = disk_.block_bytes,
                             .partitions = std::move(partitions_)};
        if (end_ > blocks_) {
            table.trouble = PartitionTable::Trouble::cut_off;
            table.described_bytes = end_ * disk_.block_bytes;
        }
        return table;
    }

private:
    // The kernel cuts a partition where the disk ends (block/partitions/core.c,
    // blk_add_partition); of one that begins there it makes none.
    void add(const Entry& entry, std::uint64_t first, std::uint32_t number) {
        const std::uint64_t on_disk = first < blocks_ ? std::min(entry.count, blocks_ - first) : 0;
        partitions_.push_back({.number = number,
                               .offset_bytes = first * disk_.block_bytes,
                               .size_bytes = on_disk * disk_.block_bytes,
                               .type = cat("0x", hex_byte(entry.type)),
                               .uuid = cat(id_, '-', hex_byte(number)),
                               .name = {},
                               .missing_bytes = (entry.count - on_disk) * disk_.block_bytes});
    }

    // Each link describes logical partitions, relative to itself, and the next link, relative to
    // the extended partition.
    Result<void> read_chain(const Entry& extended) {
        Entry link{.first = extended.first, .count = extended.count};
        for (int empty = 0; empty < kEmptyLinksMaximum && next_ <= kNumberMaximum; ++empty) {
            if (link.first >= blocks_ || ++links_ > kLinksMaximum) return {};
            const Bytes sector =
                NBDROOT_TRY(disk_.read(link.first * disk_.block_bytes, kSectorBytes));
            if (!has_boot_signature(sector)) return {};
            const Entries entries = entries_of(sector);
            if (add_logical(entries, link, extended)) empty = 0;
            const auto further = next_link(entries, extended);
            if (!further) return {};
            link = *further;
        }
        return {};
    }

    // The third and fourth entry may hold anything; they count where they make sense.
    bool add_logical(const Entries& entries, const Entry& link, const Entry& extended) {
        bool any = false;
        for (std::size_t i = 0; i < entries.size() && next_ <= kNumberMaximum; ++i) {
            const Entry& entry = entries[i];
            if (entry.count == 0 || entry.is_extended()) continue;
            const std::uint64_t first = link.first + entry.first;
            if (i >= 2 && (entry.first + entry.count > link.count || first < extended.first ||
                           first + entry.count > extended.first + extended.count)) {
                continue;
            }
            add(entry, first, next_++);
            any = true;
        }
        return any;
    }

    static std::optional<Entry> next_link(const Entries& entries, const Entry& extended) {
        for (const Entry& entry : entries) {
            if (entry.count == 0 || !entry.is_extended()) continue;
            return Entry{.first = extended.first + entry.first, .count = entry.count};
        }
        return std::nullopt;
    }

    const Disk& disk_;
    std::uint64_t blocks_;
    std::uint64_t end_ = 0;  // of what the table describes, in blocks
    int links_ = 0;
    std::string id_;
    std::uint32_t next_ = kFirstLogical;
    std::vector<Partition> partitions_;
};

}  // namespace

bool has_boot_signature(ByteView sector) { return begins_with(sector, 510, "\x55\xaa"); }

bool is_protective_mbr(ByteView sector) {
    if (!has_boot_signature(sector)) return false;
    const Entries entries = entries_of(sector);
    return std::any_of(entries.begin(), entries.end(), [](const Entry& entry) {
        return entry.type == kProtectiveType && entry.first == kGptBlock;
    });
}

Result<PartitionTable> read_mbr(const Disk& disk, ByteView sector) {
    if (!has_boot_signature(sector)) return PartitionTable{};
    const Entries entries = entries_of(sector);
    for (const Entry& entry : entries) {
        if (entry.boot_flag != 0 && entry.boot_flag != 0x80) return PartitionTable{};
    }
    return Reader(disk, sector).read(entries);
}

}  // namespace nbdroot::agent::disk
