#include "agent/root/overlay.h"

#include <sys/mount.h>

#include <cerrno>

#include "agent/root/overlay_fstab.h"
#include "agent/root/root.h"
#include "lib/base/text.h"
#include "lib/sys/file.h"

namespace nbdroot::agent::root {
namespace {

// The kernel's own default, said aloud.
constexpr std::string_view kDefaultSize = "50%";

Result<void> mount_all(const OverlayPlan& plan) {
    NBDROOT_CHECK(sys::make_directories(kUpper));
    NBDROOT_CHECK(sys::mount_file_system(plan.memory));
    NBDROOT_CHECK(sys::make_directories(plan.files));
    NBDROOT_CHECK(sys::make_directories(plan.work));
    // The merged root directory is this one.
    NBDROOT_CHECK(sys::copy_access(kLower, plan.files));
    NBDROOT_CHECK(sys::make_directories(kNewRoot));
    auto mounted = sys::mount_file_system(plan.overlay);
    if (mounted || mounted.error().code != ENODEV) return mounted;
    return fail("mount", "the overlay",
                "the kernel has no driver for it: put the module overlay into the initramfs, or "
                "leave nbdroot.overlay= out",
                ENODEV);
}

}  // namespace

OverlayPlan plan_overlay(const config::OverlayConfig& config, unsigned long flags) {
    const std::string files = cat(kUpper, "/u");
    const std::string work = cat(kUpper, "/w");
    const std::string_view size = config.size.empty() ? kDefaultSize : config.size;
    return {.memory = {.source = "nbdroot-overlay",
                       .target = kUpper,
                       .type = "tmpfs",
                       .flags = MS_NOSUID | MS_NODEV,
                       .data = cat("mode=0755,size=", size)},
            .files = files,
            .work = work,
            .overlay = {.source = "overlay",
                        .target = kNewRoot,
                        .type = "overlay",
                        .flags = flags,
                        .data = cat("lowerdir=", kLower, ",upperdir=", files, ",workdir=", work)}};
}

Result<void> mount_overlay(const config::OverlayConfig& config, unsigned long flags,
                           const std::string& device, const Log& log) {
    auto mounted = mount_all(plan_overlay(config, flags));
    if (!mounted) {
        take_overlay_away();
        return mounted;
    }
    const auto edited = edit_fstab({.merged = kNewRoot, .lower = kLower}, device);
    if (!edited) log.warning(cat(edited.error().message(), "; going on with it as it is"));
    return {};
}

void take_overlay_away() {
    for (const char* const path : {kUpper, kLower}) {
        if (sys::is_mount_point(path)) static_cast<void>(sys::detach_mount(path));
    }
}

}  // namespace nbdroot::agent::root
