#include "agent/root/partition_node.h"

#include <sys/socket.h>
// After the C library's headers.
#include <linux/netlink.h>

#include <algorithm>

#include "lib/base/text.h"
#include "lib/protocol/netlink/uevent.h"
#include "lib/sys/block_device.h"
#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/netlink_socket.h"

namespace nbdroot::agent::root {
namespace {

namespace netlink = protocol::netlink;

// The kernel announces partitions as it reads the table; only a loaded machine needs so long.
constexpr Duration kPartitionLimit{5'000};

constexpr std::uint64_t kSectorBytes = 512;  // of /sys/block, whatever the block size

std::string name_of(const std::string& node) { return node.substr(node.rfind('/') + 1); }

std::optional<std::uint64_t> read_number(const std::string& path) {
    const auto text = sys::read_text_file(path);
    if (!text) return std::nullopt;
    return base::parse_decimal(std::string_view(*text).substr(0, text->find('\n')));
}

const Volume* find_volume(const std::string& node, const Volumes& volumes) {
    const auto found = std::find_if(volumes.begin(), volumes.end(),
                                    [&node](const Volume& volume) { return volume.node == node; });
    return found == volumes.end() ? nullptr : &*found;
}

bool announces(const Bytes& datagram, const std::string& name) {
    const auto event = netlink::parse_uevent(datagram);
    return event && event->subsystem == "block" && event->device_name == name;
}

// Takes what has come; true: the node called NAME may be there now. A lost event may have been its.
bool take_events(sys::NetlinkSocket& events, const std::string& name) {
    bool is_announced = false;
    for (;;) {
        const auto datagram = events.receive();
        if (!datagram) return true;
        if (!*datagram) return is_announced;
        is_announced = is_announced || announces(**datagram, name);
    }
}

// The node is made before the event is sent (drivers/base/core.c, device_add).
Result<bool> wait_for_node(const std::string& node, sys::NetlinkSocket& events) {
    const Instant deadline = sys::now() + kPartitionLimit;
    const std::string name = name_of(node);
    for (Instant now = sys::now(); now < deadline; now = sys::now()) {
        if (!NBDROOT_TRY(events.wait(deadline - now))) break;
        if (take_events(events, name) && sys::is_block_device(node)) return true;
    }
    return sys::is_block_device(node);
}

// The kernel's idea of a partition must be ours: else the file system that was found is not the one
// that would be mounted.
Result<void> compare(const Volume& volume) {
    const std::string folder = cat("/sys/class/block/", name_of(volume.node));
    const auto start = read_number(folder + "/start");
    const auto size = read_number(folder + "/size");
    if (!start || !size || !volume.partition) return {};
    if (*start * kSectorBytes == volume.partition->offset_bytes &&
        *size * kSectorBytes == volume.size_bytes) {
        return {};
    }
    return fail(
        "find", volume.node,
        cat("the kernel has it at ", *start * kSectorBytes, " with ", *size * kSectorBytes,
            " bytes, the table on the device says ", volume.partition->offset_bytes, " with ",
            volume.size_bytes, "; was the image partitioned anew while it was served? reboot"));
}

}  // namespace

std::string why_missing(const std::string& node, const Volumes& volumes, const TableFacts& table,
                        std::optional<std::uint64_t> max_part) {
    const std::string& device = volumes.front().node;
    if (find_volume(node, volumes) == nullptr) {
        return cat("the kernel sees no such partition; there are: ", describe(volumes));
    }
    if (table.from_backup) {
        return "the GPT at the start of the device is damaged, and the kernel uses the backup at "
               "its end only with the word gpt on the command line: add that, or repair the image";
    }
    if (table.table_block_bytes != table.device_block_bytes) {
        return cat("the GPT was made for blocks of ", table.table_block_bytes,
                   " bytes, the device has ", table.device_block_bytes,
                   ": give the export that block size, or make the table anew");
    }
    const std::string digits = node.substr(std::min(node.size(), device.size() + 1));
    const std::uint64_t number = base::parse_decimal(digits).value_or(0);
    // Since Linux 5.17 the driver has room for partitions all the same.
    if (max_part && number > *max_part) {
        return cat("the nbd driver was loaded with max_part=", *max_part,
                   ": load it with max_part=15, or write nbd.max_part=15 on the command line of a "
                   "kernel that has it built in");
    }
    return cat("the kernel has not shown it within ", kPartitionLimit.count() / 1000,
               " s, although the table has it: does the kernel know this kind of table?");
}

Result<void> expect_partition(const std::string& node, const Volumes& volumes,
                              const TableFacts& table) {
    // Before the look and the scan, so that no event falls between them.
    auto events =
        NBDROOT_TRY(sys::NetlinkSocket::open(NETLINK_KOBJECT_UEVENT, netlink::kUeventKernelGroup));
    const Volume* const volume = find_volume(node, volumes);
    bool is_there = sys::is_block_device(node);
    if (!is_there) {
        const bool was_read = sys::read_partitions(volumes.front().node).has_value();
        is_there = sys::is_block_device(node);
        if (!is_there && was_read && volume != nullptr) {
            is_there = NBDROOT_TRY(wait_for_node(node, events));
        }
    }
    if (is_there) return volume != nullptr ? compare(*volume) : Result<void>();
    return fail(
        "find", "root=" + node,
        why_missing(node, volumes, table, read_number("/sys/module/nbd/parameters/max_part")));
}

}  // namespace nbdroot::agent::root
