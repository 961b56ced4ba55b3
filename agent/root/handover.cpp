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

Result<void> write_drop_in(const char* service) {
    const std::string folder = cat("/run/systemd/system/", service, ".service.d");
    NBDROOT_CHECK(sys::make_directories(folder));
    return sys::replace_file(folder + "/50-nbdroot.conf", kDropIn);
}

}  // namespace

void hand_over_to_systemd(const std::string& root, const std::string& init, const Log& log) {
    if (!is_systemd(root, init)) return;
    for (const char* const service : kWatchedServices) {
        const auto written = write_drop_in(service);
        if (written) continue;
        log.warning(cat("hand-over: ", written.error().message(),
                        "; services may be killed while the root waits for a server"));
        return;
    }
}

}  // namespace nbdroot::agent::root
