// The initramfs gives way to the root file system (the kernel's ramfs-rootfs-initramfs.rst: rootfs
// itself cannot be unmounted, so it is emptied and mounted over).
#include <fcntl.h>

#include <array>
#include <utility>

#include "agent/root/mounts.h"
#include "agent/root/root.h"
#include "agent/root/runnable.h"
#include "agent/root/systemd.h"
#include "lib/base/text.h"
#include "lib/sys/console.h"
#include "lib/sys/file.h"
#include "lib/sys/mount.h"
#include "lib/sys/program.h"

namespace nbdroot::agent::root {
namespace {

// init/main.c, kernel_init(): where the kernel itself looks.
constexpr std::array<const char*, 4> kUsualInits = {"/sbin/init", "/etc/init", "/bin/init",
                                                    "/bin/sh"};

// Without a directory to go to the mount is let go: the real init may make its own.
void hand_over(const KernelMount& mount, const Log& log) {
    const std::string target = cat(kNewRoot, mount.path);
    const auto made = sys::make_directories(target);  // a read-only root that has it says EEXIST
    const auto moved = sys::move_mount(mount.path, target);
    if (moved) return;
    const Error& reason = made ? moved.error() : made.error();
    log.warning(cat(reason.message(), "; the root has no place for ", mount.path,
                    ": make the directory in the image; going on without it"));
    static_cast<void>(sys::detach_mount(mount.path));
}

}  // namespace

Result<std::string> find_init(const config::RootConfig& config) {
    if (config.init_given) {
        const auto found = sys::check_program(kNewRoot, config.init);
        if (!found) {
            return fail("start", "init=" + config.init,
                        cat(found.error().reason, " in the root file system"), found.error().code);
        }
        NBDROOT_CHECK(check_runnable(kNewRoot, config.init));
        return config.init;
    }
    for (const char* const path : kUsualInits) {
        if (!sys::check_program(kNewRoot, path)) continue;
        // Another one would only hide what is wrong with the image.
        NBDROOT_CHECK(check_runnable(kNewRoot, path));
        return std::string(path);
    }
    return fail("start", "init",
                "the root file system has none of /sbin/init, /etc/init, /bin/init and /bin/sh; "
                "name one with init=");
}

Result<void> enter_root(const Log& log) {
    const sys::Fd old_root = NBDROOT_TRY(sys::open_file("/", O_RDONLY | O_DIRECTORY));
    for (const KernelMount& mount : kernel_mounts()) hand_over(mount, log);
    // On anything but a RAM disk these would be somebody's files.
    if (sys::lives_in_memory(old_root)) sys::remove_contents(old_root);
    NBDROOT_CHECK(sys::enter_mount_as_root(kNewRoot));
    // A root without /dev (hand_over() has said so) has no console: the old one stays open.
    static_cast<void>(sys::open_standard_streams());
    return {};
}

Error execute_init(const config::RootConfig& config, const std::string& init, Instant started,
                   const Log& log) {
    InitrdTime time;
    if (is_systemd("", init)) time = tell_initrd_time(started, log);
    std::vector<std::string> arguments = std::move(time.arguments);
    arguments.insert(arguments.end(), config.init_arguments.begin(), config.init_arguments.end());
    return sys::execute({.path = init, .arguments = std::move(arguments), .environment = {}});
}

}  // namespace nbdroot::agent::root
