#include "agent/root/inventory.h"

#include <algorithm>
#include <utility>

#include "agent/disk/unknown_content.h"
#include "agent/root/root_device.h"
#include "lib/base/text.h"
#include "lib/sys/block_device.h"

namespace nbdroot::agent::root {
namespace {

void set_content(Volume& volume, ByteView start) {
    volume.content = disk::probe_superblock(start);
    if (!volume.content) volume.other = disk::other_content(start);
}

Result<Volume> look_at(const std::string& device, const disk::Partition& partition) {
    Volume volume{.node = cat(device, 'p', partition.number),
                  .size_bytes = partition.size_bytes,
                  .partition = partition};
    const auto length = std::min<std::uint64_t>(disk::kProbeBytes, partition.size_bytes);
    set_content(volume, NBDROOT_TRY(sys::read_range(device, partition.offset_bytes,
                                                    static_cast<std::size_t>(length))));
    return volume;
}

}  // namespace

Result<Inventory> take_inventory(const std::string& device, const std::string& root) {
    const sys::BlockGeometry geometry = NBDROOT_TRY(sys::block_geometry(device));
    Inventory inventory{.volumes = {Volume{.node = device, .size_bytes = geometry.size_bytes}},
                        .table = {.device_block_bytes = geometry.block_bytes,
                                  .table_block_bytes = geometry.block_bytes}};
    const Bytes start = NBDROOT_TRY(sys::read_start(device, disk::kProbeBytes));
    set_content(inventory.volumes.front(), start);
    if (is_whole_device(root, inventory.volumes.front())) return inventory;
    const disk::PartitionTable table = NBDROOT_TRY(disk::read_partition_table(
        {.size_bytes = geometry.size_bytes,
         .block_bytes = geometry.block_bytes,
         .read = [&device](std::uint64_t offset_bytes, std::size_t length) {
             return sys::read_range(device, offset_bytes, length);
         }}));
    inventory.table.table_block_bytes = table.block_bytes;
    inventory.table.from_backup = table.from_backup;
    for (const disk::Partition& partition : table.partitions) {
        inventory.volumes.push_back(NBDROOT_TRY(look_at(device, partition)));
    }
    return inventory;
}

}  // namespace nbdroot::agent::root
