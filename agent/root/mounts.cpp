#include "agent/root/mounts.h"

#include <sys/mount.h>

#include "agent/root/root.h"
#include "lib/sys/console.h"
#include "lib/sys/file.h"
#include "lib/sys/mount.h"

namespace nbdroot::agent::root {
namespace {

Result<void> mount_one(const KernelMount& mount) {
    if (sys::is_mount_point(mount.path)) return {};
    NBDROOT_CHECK(sys::make_directories(mount.path));
    return sys::mount_file_system({.source = mount.type,
                                   .target = mount.path,
                                   .type = mount.type,
                                   .flags = mount.flags,
                                   .data = mount.data});
}

}  // namespace

const std::array<KernelMount, 4>& kernel_mounts() {
    // The flags that systemd (mount-setup.c) gives them; /run without noexec, as there.
    static constexpr std::array<KernelMount, 4> kMounts = {{
        {"/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, ""},
        {"/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, ""},
        {"/dev", "devtmpfs", MS_NOSUID, "mode=0755"},
        {"/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755"},
    }};
    return kMounts;
}

std::vector<Error> mount_basics() {
    std::vector<Error> errors;
    const auto note = [&errors](Result<void> result) {
        if (!result) errors.push_back(std::move(result).error());
    };
    for (const KernelMount& mount : kernel_mounts()) note(mount_one(mount));
    note(sys::open_standard_streams());
    return errors;
}

}  // namespace nbdroot::agent::root
