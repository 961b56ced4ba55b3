// What a shutdown does to which mount and which process. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/exit/mount_table.h"
#include "lib/sys/process_list.h"

namespace nbdroot::agent::exit {

// Where the exit program runs.
enum class Place {
    pivoted,  // systemd-shutdown has made /run/initramfs the root; the system lies at kOldRoot
    inside,   // in the running system
};

inline constexpr std::string_view kOldRoot = "/oldroot";

// The disk that the root file system lies on.
struct Disk {
    std::string name;                  // "nbd0"; empty: there is none of ours
    std::vector<std::string> numbers;  // its own and its partitions'
    std::vector<Disk> partitions = {};
};

struct Release {
    std::string point;
    bool is_on_disk = false;
    bool is_writable = false;
    // In use it may be taken out of the tree nevertheless: it keeps nothing that would be lost.
    bool may_detach = false;

    bool operator==(const Release&) const = default;
};

// What is to be unmounted, in this order: what was mounted last comes first. Inside the running
// system the root and the kernel's own file systems stay.
[[nodiscard]] std::vector<Release> unmount_order(const std::vector<Mount>& table, const Disk& disk,
                                                 Place place);

// Mount points of what could be written to a disk of any kind and lies in the old system.
[[nodiscard]] std::vector<std::string> writable_points(const std::vector<Mount>& table,
                                                       const Disk& disk, Place place);

// How much of DISK can still be seen.
enum class DiskState { unseen, read_only, writable };
[[nodiscard]] DiskState state_of(const std::vector<Mount>& table, const Disk& disk);

// The names of what no mount shows: DISK where none shows any of it, else such partitions. Whoever
// has one of them nevertheless (a mount of another namespace, swap, a mapper) could write.
[[nodiscard]] std::vector<std::string> unseen_parts(const std::vector<Mount>& table,
                                                    const Disk& disk);

// The processes that have to end: not process 1, not OURS (this process and what it forked) and
// those that wait for them, and none whose name begins with '@', which systemd's convention gives
// to those that keep a file system alive (ROOT_STORAGE_DAEMONS); but after the pivot what was
// started from the old root must go.
[[nodiscard]] std::vector<pid_t> processes_to_end(const std::vector<sys::ProcessInfo>& all,
                                                  const std::vector<pid_t>& ours, Place place);

// Who waits for OURS, and must not go on once there is no root: the parents, up to process 1.
[[nodiscard]] std::vector<pid_t> processes_to_stop(const std::vector<sys::ProcessInfo>& all,
                                                   const std::vector<pid_t>& ours);

}  // namespace nbdroot::agent::exit
