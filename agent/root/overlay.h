// A root that is never written: what the server gives lies below, what is written in memory.
//
// Layout: the device at kLower, one tmpfs at kUpper with u/ (the files) and w/ (overlayfs's own),
// both put together at kNewRoot. They lie below /run and move with it, so that the running system
// sees both. Left out: a copy of extended attributes of the lower root directory itself.
#pragma once

#include <string>

#include "agent/config/boot_config.h"
#include "lib/base/log.h"
#include "lib/base/result.h"
#include "lib/sys/mount.h"

namespace nbdroot::agent::root {

inline constexpr const char* kLower = "/run/nbdroot/lower";
inline constexpr const char* kUpper = "/run/nbdroot/upper";

struct OverlayPlan {
    sys::MountRequest memory;
    std::string files;  // directories to make once it is mounted
    std::string work;
    sys::MountRequest overlay;
};

// FLAGS: those of the root, MS_... without MS_RDONLY. Pure.
[[nodiscard]] OverlayPlan plan_overlay(const config::OverlayConfig& config, unsigned long flags);

// Puts the overlay over what is mounted at kLower from DEVICE ("/dev/nbd0", or a part of it), and
// edits its fstab, in memory. After an Error nothing of it is left, nor of kLower.
[[nodiscard]] Result<void> mount_overlay(const config::OverlayConfig& config, unsigned long flags,
                                         const std::string& device, const Log& log);

// What lies below it and the memory; the overlay itself is gone already.
void take_overlay_away();

}  // namespace nbdroot::agent::root
