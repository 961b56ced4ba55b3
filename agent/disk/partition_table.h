// The partitions of a disk, as the kernel will number them. Pure: whoever has the disk reads it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/bytes.h"
#include "lib/base/result.h"

namespace nbdroot::agent::disk {

struct Partition {
    std::uint32_t number = 0;  // the kernel's: /dev/nbd0p1 is 1
    std::uint64_t offset_bytes = 0;
    std::uint64_t size_bytes = 0;     // as far as it lies on the disk
    std::string type = {};            // GPT: its GUID; MBR: "0x83"
    std::string uuid = {};            // PARTUUID; MBR: "1234abcd-01"
    std::string name = {};            // PARTLABEL, in UTF-8; MBR has none
    std::uint64_t attributes = 0;     // GPT only
    std::uint64_t missing_bytes = 0;  // what lies beyond the end of the disk

    bool operator==(const Partition&) const = default;
};

// Of a GPT entry (Discoverable Partitions Specification).
inline constexpr std::uint64_t kAttributeReadOnly = std::uint64_t{1} << 60;
inline constexpr std::uint64_t kAttributeNoAuto = std::uint64_t{1} << 63;

struct PartitionTable {
    enum class Kind { none, gpt, mbr };
    enum class Trouble {
        none,
        damaged,      // GPT: at the start and at the end
        unprotected,  // a GPT without its protective MBR, which the kernel does not look at
        cut_off,      // it describes more than the disk has
    };
    Kind kind = Kind::none;
    std::uint32_t block_bytes = 512;  // what its numbers count in
    bool from_backup = false;         // GPT: the header at the start is damaged
    std::vector<Partition> partitions = {};
    Trouble trouble = Trouble::none;
    std::uint64_t described_bytes = 0;  // where it is cut off: how large the disk was, at least

    bool operator==(const PartitionTable&) const = default;
};

struct Disk {
    std::uint64_t size_bytes = 0;
    std::uint32_t block_bytes = 512;  // the logical block size
    // LENGTH bytes at OFFSET, both inside the disk.
    std::function<Result<Bytes>(std::uint64_t offset_bytes, std::size_t length)> read;
};

// Errors are those of Disk.read: a damaged table is one without partitions, or none. At most 1 MiB
// of GPT entries, 400 links of an MBR's chains and 255 partitions are looked at.
[[nodiscard]] Result<PartitionTable> read_partition_table(const Disk& disk);

}  // namespace nbdroot::agent::disk
