#include "agent/exit/plan.h"

#include <algorithm>
#include <array>

namespace nbdroot::agent::exit {
namespace {

constexpr std::array<std::string_view, 4> kStay = {"/proc", "/sys", "/dev", "/run"};

bool has_block_device(const Mount& mount) {
    return !mount.device.starts_with("0:") || mount.source.starts_with("/dev/");
}

bool is_to_go(const Mount& mount, Place place) {
    if (place == Place::pivoted) return is_within(mount.point, kOldRoot);
    return mount.point != "/" &&
           std::none_of(kStay.begin(), kStay.end(), [&mount](std::string_view folder) {
               return is_within(mount.point, folder);
           });
}

// OURS, their parents, and so on.
std::vector<pid_t> ancestry(const std::vector<sys::ProcessInfo>& all,
                            const std::vector<pid_t>& ours) {
    std::vector<pid_t> line = ours;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const auto found = std::find_if(all.begin(), all.end(), [&](const sys::ProcessInfo& one) {
            return one.pid == line[i];
        });
        if (found == all.end() || found->parent <= 1) continue;
        if (std::find(line.begin(), line.end(), found->parent) != line.end()) continue;
        line.push_back(found->parent);
    }
    return line;
}

bool keeps_a_file_system(const sys::ProcessInfo& process, Place place) {
    if (!process.name.starts_with('@')) return false;
    return place == Place::inside || !is_within(process.program, kOldRoot);
}

// What was mounted later may lie on what was mounted before.
std::vector<Mount> newest_first(const std::vector<Mount>& table) {
    return {table.rbegin(), table.rend()};
}

}  // namespace

std::vector<Release> unmount_order(const std::vector<Mount>& table, const Disk& disk, Place place) {
    std::vector<Release> order;
    for (const Mount& mount : newest_first(table)) {
        if (!is_to_go(mount, place)) continue;
        const bool is_on_disk = lies_on(mount, disk.name, disk.numbers);
        order.push_back(
            {.point = mount.point,
             .is_on_disk = is_on_disk,
             .is_writable = mount.is_writable,
             .may_detach = place == Place::pivoted && !is_on_disk && !has_block_device(mount)});
    }
    return order;
}

std::vector<std::string> writable_points(const std::vector<Mount>& table, const Disk& disk,
                                         Place place) {
    std::vector<std::string> points;
    for (const Mount& mount : newest_first(table)) {
        if (!mount.is_writable) continue;
        if (place == Place::pivoted && !is_within(mount.point, kOldRoot)) continue;
        const bool is_on_disk = lies_on(mount, disk.name, disk.numbers);
        if (is_on_disk || has_block_device(mount)) points.push_back(mount.point);
    }
    return points;
}

DiskState state_of(const std::vector<Mount>& table, const Disk& disk) {
    DiskState state = DiskState::unseen;
    for (const Mount& mount : table) {
        if (!lies_on(mount, disk.name, disk.numbers)) continue;
        if (mount.is_writable) return DiskState::writable;
        state = DiskState::read_only;
    }
    return state;
}

std::vector<std::string> unseen_parts(const std::vector<Mount>& table, const Disk& disk) {
    // Who claims a partition claims the disk with it.
    if (state_of(table, disk) == DiskState::unseen) return {disk.name};
    std::vector<std::string> names;
    for (const Disk& partition : disk.partitions) {
        if (state_of(table, partition) == DiskState::unseen) names.push_back(partition.name);
    }
    return names;
}

std::vector<pid_t> processes_to_end(const std::vector<sys::ProcessInfo>& all,
                                    const std::vector<pid_t>& ours, Place place) {
    const std::vector<pid_t> spared = ancestry(all, ours);
    std::vector<pid_t> pids;
    for (const sys::ProcessInfo& process : all) {
        if (process.pid == 1 || keeps_a_file_system(process, place)) continue;
        if (std::find(spared.begin(), spared.end(), process.pid) != spared.end()) continue;
        pids.push_back(process.pid);
    }
    return pids;
}

std::vector<pid_t> processes_to_stop(const std::vector<sys::ProcessInfo>& all,
                                     const std::vector<pid_t>& ours) {
    std::vector<pid_t> line = ancestry(all, ours);
    line.erase(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(ours.size()));
    return line;
}

}  // namespace nbdroot::agent::exit
