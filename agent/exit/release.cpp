#include "agent/exit/release.h"

#include <optional>

#include "agent/exit/root_disk.h"
#include "agent/exit/swap_table.h"
#include "lib/base/text.h"
#include "lib/sys/block_device.h"
#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/mount.h"
#include "lib/sys/swap.h"

namespace nbdroot::agent::exit {
namespace {

// Each round unmounts something; more than mounts upon mounts can need.
constexpr int kMostRounds = 100;

// SysRq u is work for a kernel thread, and nothing tells when it is done.
constexpr Duration kForceLimit{10'000};
constexpr Duration kForceLook{20};

Result<std::vector<Mount>> read_table() {
    const std::string text =
        NBDROOT_TRY(sys::read_text_file("/proc/self/mountinfo", std::size_t{16} << 20));
    return parse_mount_table(text);
}

// A file system that is read-only has nothing to lose, wherever it may still be mounted unseen: so
// that comes before its unmount.
bool release_one(const Release& mount, const Log& log) {
    if (mount.is_on_disk && mount.is_writable) (void)sys::remount_read_only(mount.point);
    const auto done = sys::unmount(mount.point);
    if (done) {
        if (mount.is_on_disk) log.info("shutdown: unmounted " + mount.point);
        return true;
    }
    if (!mount.may_detach) return false;
    return sys::detach_mount(mount.point).has_value();
}

Result<void> unmount_all(const Disk& disk, Place place, const Log& log) {
    for (int round = 0; round < kMostRounds; ++round) {
        bool any = false;
        const auto table = NBDROOT_TRY(read_table());
        for (const Release& mount : unmount_order(table, disk, place)) {
            any = release_one(mount, log) || any;
        }
        if (!any) return {};
    }
    return {};
}

// What could not be unmounted.
Result<void> remount_rest(const Disk& disk, Place place, const Log& log) {
    const auto table = NBDROOT_TRY(read_table());
    for (const std::string& point : writable_points(table, disk, place)) {
        const auto done = sys::remount_read_only(point);
        if (done) {
            log.info(cat("shutdown: ", point, " is read-only"));
        } else {
            log.warning(cat("shutdown: ", done.error().message(), "; it will be forced"));
        }
    }
    return {};
}

// A table that cannot be read may hide anything.
DiskState look(const Disk& disk, const Log& log) {
    const auto table = read_table();
    if (table) return state_of(*table, disk);
    log.error("shutdown: " + table.error().message());
    return DiskState::writable;
}

// Whoever has a part of DISK that no mount table shows, if anybody has.
std::optional<std::string> find_unseen_user(const Disk& disk, const Log& log) {
    const auto table = read_table();
    if (!table) {
        log.error("shutdown: " + table.error().message());
        return "/dev/" + disk.name;
    }
    for (const std::string& name : unseen_parts(*table, disk)) {
        const std::string path = "/dev/" + name;
        if (sys::is_in_use(path)) return path;
    }
    return std::nullopt;
}

Cleanness flush(const Disk& disk, const Log& log) {
    const std::string path = cat("/dev/", disk.name);
    const auto flushed = sys::flush_device(path);
    if (!flushed) {
        log.error(cat("shutdown: ", flushed.error().message(), "; something may be lost"));
        return Cleanness::dirty;
    }
    log.info(cat("shutdown: ", path, " is clean and flushed"));
    return Cleanness::clean;
}

// The machine may have more swap than memory left to read it back to.
void stop_swapping(const Disk& disk, const Log& log) {
    const auto swaps = sys::read_text_file("/proc/swaps");
    const auto table = read_table();
    if (!swaps || !table) return;
    for (const std::string& path : swaps_on(*swaps, disk, *table)) {
        const auto done = sys::stop_swapping(path);
        if (done) {
            log.info("shutdown: no swap at " + path);
        } else {
            log.warning(cat("shutdown: ", done.error().message(), "; going on"));
        }
    }
}

}  // namespace

bool force_read_only(const Disk& disk, const Log& log) {
    const auto asked = sys::write_control_file("/proc/sysrq-trigger", "u");
    if (!asked) {
        log.error("shutdown: " + asked.error().message());
        return false;
    }
    const Instant limit = sys::now() + kForceLimit;
    while (look(disk, log) == DiskState::writable) {
        if (sys::now() >= limit) return false;
        sys::pause_until(sys::now() + kForceLook);
    }
    return true;
}

Cleanness release(const Disk& disk, Place place, const Log& log) {
    const bool was_writable = look(disk, log) == DiskState::writable;
    stop_swapping(disk, log);
    sys::write_back_all();
    const auto unmounted = unmount_all(disk, place, log);
    if (!unmounted) log.error("shutdown: " + unmounted.error().message());
    const auto remounted = remount_rest(disk, place, log);
    if (!remounted) log.error("shutdown: " + remounted.error().message());
    if (look(disk, log) == DiskState::writable && !force_read_only(disk, log)) {
        log.error(cat("shutdown: /dev/", disk.name, " stays writable"));
        return Cleanness::dirty;
    }
    if (disk.name.empty() || is_over(disk.name)) return Cleanness::clean;
    if (const auto user = find_unseen_user(disk, log)) {
        log.error(cat("shutdown: ", *user, " is in use by something that no mount table shows"));
        return Cleanness::dirty;
    }
    // Whoever makes a file system read-only flushes it.
    return was_writable ? flush(disk, log) : Cleanness::clean;
}

}  // namespace nbdroot::agent::exit
