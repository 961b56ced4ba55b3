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
    if (volume.content) return;
    volume.other = disk::other_content(start);
    volume.swap = disk::swap_tags(start);
}

Volume volume_of(const std::string& device, const disk::Partition& partition) {
    return {.node = cat(device, 'p', partition.number),
            .size_bytes = partition.size_bytes,
            .other = partition.size_bytes == 0 ? "beyond the end of the device" : "",
            .partition = partition};
}

// An error is for whoever wants this one as the root: the kernel meets it again.
void look_into(Volume& volume, const std::string& device) {
    if (volume.size_bytes == 0) return;
    const auto length = std::min<std::uint64_t>(disk::kProbeBytes, volume.size_bytes);
    const auto start =
        sys::read_range(device, volume.partition->offset_bytes, static_cast<std::size_t>(length));
    if (start) {
        set_content(volume, *start);
    } else {
        volume.other = cat("unreadable (", start.error().reason, ")");
    }
}

Result<TableFacts> read_table(const std::string& device, const sys::BlockGeometry& geometry) {
    auto table = NBDROOT_TRY(disk::read_partition_table(
        {.size_bytes = geometry.size_bytes,
         .block_bytes = geometry.block_bytes,
         .read = [&device](std::uint64_t offset_bytes, std::size_t length) {
             return sys::read_range(device, offset_bytes, length);
         }}));
    return TableFacts{.device_bytes = geometry.size_bytes,
                      .device_block_bytes = geometry.block_bytes,
                      .table = std::move(table)};
}

}  // namespace

Result<Inventory> take_inventory(const std::string& device, const std::string& root) {
    const sys::BlockGeometry geometry = NBDROOT_TRY(sys::block_geometry(device));
    Inventory inventory{
        .volumes = {Volume{.node = device, .size_bytes = geometry.size_bytes}},
        .facts = {.device_bytes = geometry.size_bytes, .device_block_bytes = geometry.block_bytes}};
    const Bytes start = NBDROOT_TRY(sys::read_start(device, disk::kProbeBytes));
    set_content(inventory.volumes.front(), start);
    if (is_whole_device(root, inventory.volumes.front())) return inventory;
    auto facts = read_table(device, geometry);
    if (!facts) return fail(facts.error());
    inventory.facts = std::move(*facts);
    bool is_named = false;
    for (const disk::Partition& partition : inventory.facts.table.partitions) {
        inventory.volumes.push_back(volume_of(device, partition));
        is_named = is_named || inventory.volumes.back().node == root;
    }
    for (Volume& volume : inventory.volumes) {
        if (!volume.partition || (is_named && volume.node != root)) continue;
        look_into(volume, device);
    }
    return inventory;
}

Result<TableFacts> read_table(const std::string& device) {
    return read_table(device, NBDROOT_TRY(sys::block_geometry(device)));
}

}  // namespace nbdroot::agent::root
