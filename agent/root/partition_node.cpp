#include "agent/root/partition_node.h"

#include <sys/socket.h>
// After the C library's headers.
#include <linux/netlink.h>

#include <algorithm>

#include "agent/disk/table_trouble.h"
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

constexpr std::uint64_t kUsualMaxPart = 15;  // what the initramfs loads the driver with

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

// What the kernel leaves out whole, whatever it has of it.
std::string why_no_partitions(const TableFacts& facts) {
    if (facts.table.kind == disk::PartitionTable::Kind::mbr) return {};
    return disk::describe_trouble(facts.table, facts.device_bytes);
}

bool is_where_expected(const std::string& node, const Volume* volume) {
    return sys::is_block_device(node) && (volume == nullptr || compare(*volume).has_value());
}

}  // namespace

std::string why_refused(const Volume& volume, const TableFacts& facts) {
    if (std::string trouble = why_no_partitions(facts); !trouble.empty()) {
        return "the kernel makes no partitions of the device: " + trouble;
    }
    const disk::PartitionTable& table = facts.table;
    const bool is_gpt = table.kind == disk::PartitionTable::Kind::gpt;
    // Of an MBR the kernel takes what is there.
    if (volume.partition && volume.partition->missing_bytes > 0 &&
        (is_gpt || volume.size_bytes == 0)) {
        return disk::describe_missing(*volume.partition);
    }
    if (table.from_backup) {
        return "the GPT at the start of the device is damaged, and the kernel uses the backup at "
               "its end only with the word gpt on the command line: add that, or repair the image";
    }
    if (is_gpt && table.block_bytes != facts.device_block_bytes) {
        return cat("the GPT was made for blocks of ", table.block_bytes, " bytes, the device has ",
                   facts.device_block_bytes, ": make the table anew for these");
    }
    return {};
}

std::string why_missing(const std::string& node, const Volumes& volumes, const TableFacts& facts,
                        const Evidence& evidence) {
    const Volume* const volume = find_volume(node, volumes);
    const bool is_of_all = !why_no_partitions(facts).empty();
    if (volume != nullptr || is_of_all) {
        std::string refused = why_refused(volume != nullptr ? *volume : volumes.front(), facts);
        if (!refused.empty()) return refused;
    }
    if (volume == nullptr) {
        const std::string trouble = disk::describe_trouble(facts.table, facts.device_bytes);
        return cat("the kernel sees no such partition; there are: ", describe(volumes),
                   trouble.empty() ? "" : "; of the device: ", trouble);
    }
    const std::uint64_t number = volume->partition ? volume->partition->number : 0;
    // Since Linux 5.17 the driver has room for partitions all the same.
    if (evidence.max_part && number > *evidence.max_part) {
        // The driver rounds up to the next power of two less one (nbd_init).
        std::uint64_t enough = kUsualMaxPart;
        while (enough < number) enough = 2 * enough + 1;
        return cat("the nbd driver was loaded with max_part=", *evidence.max_part,
                   ": load it with max_part=", enough, ", or write nbd.max_part=", enough,
                   " on the command line of a kernel that has it built in");
    }
    if (!evidence.scan_failure.empty()) {
        return cat("the kernel did not read the partition table again: ", evidence.scan_failure);
    }
    return cat("the kernel has not shown it within ", kPartitionLimit.count() / 1000,
               " s, although the table has it: does the kernel know this kind of table?");
}

Result<void> expect_partition(const std::string& node, const Volumes& volumes,
                              const TableFacts& facts) {
    // Before the look and the scan, so that no event falls between them.
    auto events =
        NBDROOT_TRY(sys::NetlinkSocket::open(NETLINK_KOBJECT_UEVENT, netlink::kUeventKernelGroup));
    const Volume* const volume = find_volume(node, volumes);
    if (is_where_expected(node, volume)) return {};
    const auto scan = sys::read_partitions(volumes.front().node);
    bool is_there = sys::is_block_device(node);
    if (!is_there && scan && volume != nullptr && why_refused(*volume, facts).empty()) {
        is_there = NBDROOT_TRY(wait_for_node(node, events));
    }
    if (is_there) return volume != nullptr ? compare(*volume) : Result<void>();
    return fail("find", "root=" + node,
                why_missing(node, volumes, facts,
                            {.max_part = read_number("/sys/module/nbd/parameters/max_part"),
                             .scan_failure = scan ? std::string() : scan.error().reason}));
}

}  // namespace nbdroot::agent::root
