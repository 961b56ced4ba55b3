#include "agent/disk/table_trouble.h"

#include "lib/base/text.h"

namespace nbdroot::agent::disk {
namespace {

constexpr std::string_view kCutOff = "the image is cut off; copy it again";

std::string size_text(std::uint64_t bytes) {
    return cat(base::human_size(bytes), " (", bytes, " bytes)");
}

}  // namespace

std::string describe_trouble(const PartitionTable& table, std::uint64_t disk_bytes) {
    switch (table.trouble) {
        case PartitionTable::Trouble::damaged:
            return "its GPT is damaged, the backup at its end too: repair the image (gdisk), or "
                   "copy it again";
        case PartitionTable::Trouble::unprotected:
            return "it begins with a GPT without the protective MBR, which the kernel does not "
                   "look "
                   "at: repair the image (gdisk)";
        case PartitionTable::Trouble::cut_off:
            return cat("its partition table needs ", size_text(table.described_bytes), ", it has ",
                       size_text(disk_bytes), ": ", kCutOff);
        case PartitionTable::Trouble::none:
            break;
    }
    return {};
}

std::string describe_missing(const Partition& partition) {
    if (partition.missing_bytes == 0) return {};
    return cat("its table gives it ", size_text(partition.size_bytes + partition.missing_bytes),
               ", of which ", size_text(partition.missing_bytes),
               " lie beyond the end of the device: ", kCutOff);
}

}  // namespace nbdroot::agent::disk
