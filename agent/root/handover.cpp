#include "agent/root/handover.h"

#include <array>

#include "agent/root/systemd.h"
#include "lib/base/text.h"
#include "lib/sys/file.h"
#include "lib/sys/mount.h"
#include "lib/sys/program_file.h"

namespace nbdroot::agent::root {
namespace {

// Units of systemd with WatchdogSec= in their files.
constexpr std::array<const char*, 9> kWatchedServices = {
    "systemd-homed",     "systemd-journald", "systemd-logind",
    "systemd-machined",  "systemd-networkd", "systemd-resolved",
    "systemd-timesyncd", "systemd-udevd",    "systemd-userdbd"};

constexpr std::string_view kDropIn =
    "# Written by nbdroot-agent: the root file system may wait for its server for longer than "
    "that.\n"
    "[Service]\n"
    "WatchdogSec=0\n";

// The signal of systemd-shutdown to everybody ends NBD_DO_IT, and with it every write. Before that
// the root has to be clean. SysRq u makes it read-only although it is in use.
constexpr std::string_view kReadOnlyUnit =
    "# Written by nbdroot-agent.\n"
    "[Unit]\n"
    "Description=Make the root file system read-only before its device ends\n"
    "DefaultDependencies=no\n"
    "After=umount.target\n"
    "Before=final.target\n"
    "[Service]\n"
    "Type=oneshot\n"
    "ExecStart=/run/initramfs/shutdown --read-only\n"
    "StandardOutput=null\n"
    "StandardError=null\n";

constexpr std::string_view kReadOnlyWish =
    "# Written by nbdroot-agent.\n"
    "[Unit]\n"
    "Wants=nbdroot-read-only.service\n";

// It runs at once, whatever still runs, and needs nothing of the root, which may be out of reach.
// A template's own slice would be ended by the shutdown before it began.
constexpr std::string_view kEndingUnit =
    "# Written by nbdroot-agent.\n"
    "[Unit]\n"
    "Description=Tell the keeper of the root's connection of %i\n"
    "DefaultDependencies=no\n"
    "[Service]\n"
    "Type=oneshot\n"
    "Slice=system.slice\n"
    "ExecStart=/run/initramfs/shutdown --ending %i\n"
    "StandardOutput=null\n"
    "StandardError=null\n";

constexpr std::array<const char*, 4> kEndings = {"poweroff", "reboot", "halt", "kexec"};

Result<void> write_unit_file(const std::string& folder, const char* name, std::string_view text) {
    const std::string path = cat("/run/systemd/system", folder);
    NBDROOT_CHECK(sys::make_directories(path));
    return sys::replace_file(cat(path, "/", name), text);
}

// Process 1 reads the units of an ending when somebody asks for it, and would hang there if the
// server is gone: nobody would hear that a shutdown has begun. A dependency of what is loaded at
// boot has them loaded as well; nothing ever reloads this one, so no other effect comes with it.
constexpr std::string_view kLoadEndings =
    "# Written by nbdroot-agent: have these units in memory.\n"
    "[Unit]\n"
    "PropagatesReloadTo=poweroff.target reboot.target halt.target kexec.target\n";

Result<void> write_ending_units() {
    NBDROOT_CHECK(write_unit_file("/basic.target.d", "50-nbdroot.conf", kLoadEndings));
    NBDROOT_CHECK(write_unit_file("", "nbdroot-ending@.service", kEndingUnit));
    for (const char* const ending : kEndings) {
        NBDROOT_CHECK(write_unit_file(cat("/", ending, ".target.d"), "50-nbdroot.conf",
                                      cat("# Written by nbdroot-agent.\n[Unit]\n"
                                          "Wants=nbdroot-ending@",
                                          ending, ".service\n")));
    }
    return {};
}

Result<void> write_units(const HandOver& to) {
    for (const char* const service : kWatchedServices) {
        NBDROOT_CHECK(write_unit_file(cat("/", service, ".service.d"), "50-nbdroot.conf", kDropIn));
    }
    NBDROOT_CHECK(write_ending_units());
    if (!to.by_ioctl) return {};
    NBDROOT_CHECK(write_unit_file("", "nbdroot-read-only.service", kReadOnlyUnit));
    return write_unit_file("/final.target.d", "50-nbdroot.conf", kReadOnlyWish);
}

// A bind mount of the directory, not a file system of its own: Debian's initramfs-tools keeps the
// logs of fsck there, and they stay where they are. Programs are to be executed: systemd-shutdown
// passes over one that it may not, and initramfs-tools mounts /run so.
Result<void> install_programs() {
    NBDROOT_CHECK(sys::make_directories("/run/initramfs"));
    NBDROOT_CHECK(sys::allow_programs_in("/run/initramfs"));
    NBDROOT_CHECK(sys::make_directories("/run/nbdroot"));
    NBDROOT_CHECK(sys::copy_program("/proc/self/exe", "/run/initramfs/shutdown"));
    NBDROOT_CHECK(sys::replace_hard_link("/run/initramfs/shutdown", "/run/initramfs/nbdrootctl"));
    NBDROOT_CHECK(sys::replace_symbolic_link("../initramfs/nbdrootctl", "/run/nbdroot/nbdrootctl"));
    return {};
}

// Read by sysvinit's sendsigs; the guardian keeps the file that it names.
Result<void> spare_residents() {
    NBDROOT_CHECK(sys::make_directories("/run/sendsigs.omit.d"));
    return sys::replace_symbolic_link("../nbdroot/pids", "/run/sendsigs.omit.d/nbdroot");
}

void warn(const Result<void>& done, const char* consequence, const Log& log) {
    if (!done) log.warning(cat("hand-over: ", done.error().message(), "; ", consequence));
}

}  // namespace

void hand_over(const HandOver& to, const Log& log) {
    warn(install_programs(), "the shutdown will not be clean", log);
    if (!is_systemd(to.root, to.init)) {
        return warn(spare_residents(), "sysvinit may kill the keeper of the root", log);
    }
    warn(write_units(to), "services may be killed while the root waits for a server", log);
}

}  // namespace nbdroot::agent::root
