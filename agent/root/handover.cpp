#include "agent/root/handover.h"

#include <array>

#include "lib/base/text.h"
#include "lib/sys/file.h"

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

// /sbin/init is a link to the program in every distribution that has systemd as init.
bool is_systemd(const std::string& root, const std::string& init) {
    if (init.ends_with("/systemd")) return true;
    const auto target = sys::read_link(root + init);
    return target && target->ends_with("/systemd");
}

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
    "ExecStart=/bin/sh -c 'sync; echo u >/proc/sysrq-trigger; for i in 1 2 3 4 5 6 7 8 9 10; do"
    " grep -q \"^/dev/nbd.* / [^ ]* ro[, ]\" /proc/mounts && exit 0; sleep 1; done; exit 1'\n";

constexpr std::string_view kReadOnlyWish =
    "# Written by nbdroot-agent.\n"
    "[Unit]\n"
    "Wants=nbdroot-read-only.service\n";

Result<void> write_unit_file(const std::string& folder, const char* name, std::string_view text) {
    const std::string path = cat("/run/systemd/system", folder);
    NBDROOT_CHECK(sys::make_directories(path));
    return sys::replace_file(cat(path, "/", name), text);
}

Result<void> write_all(const HandOver& to) {
    for (const char* const service : kWatchedServices) {
        NBDROOT_CHECK(write_unit_file(cat("/", service, ".service.d"), "50-nbdroot.conf", kDropIn));
    }
    if (!to.by_ioctl) return {};
    NBDROOT_CHECK(write_unit_file("", "nbdroot-read-only.service", kReadOnlyUnit));
    return write_unit_file("/final.target.d", "50-nbdroot.conf", kReadOnlyWish);
}

}  // namespace

void hand_over_to_systemd(const HandOver& to, const Log& log) {
    if (!is_systemd(to.root, to.init)) return;
    const auto written = write_all(to);
    if (written) return;
    log.warning(cat("hand-over: ", written.error().message(),
                    "; services may be killed while the root waits for a server"));
}

}  // namespace nbdroot::agent::root
