// From an attached device to the real init.
#pragma once

#include <string>
#include <vector>

#include "agent/config/boot_config.h"
#include "lib/base/log.h"
#include "lib/base/result.h"

namespace nbdroot::agent::root {

// Mounts /proc, /sys, /dev (devtmpfs) and /run (tmpfs) where they are not there yet, and opens
// /dev/console as standard streams.
[[nodiscard]] Result<void> mount_basics();

// Loads what /etc/nbdroot/modules lists: a line each, "PATH [PARAMETERS]", in that order. No file:
// nothing to load. A module that fails is a warning with its name and the kernel's reason; it may
// be built in, or not needed.
[[nodiscard]] Result<void> load_modules(const Log& log);

// Mounts the root file system of DEVICE ("/dev/nbd0") at /newroot.
[[nodiscard]] Result<void> mount_root(const config::RootConfig& config, const std::string& device,
                                      bool device_is_read_only, const Log& log);

// Moves /proc, /sys, /dev and /run, frees the initramfs, makes /newroot the root and executes the
// init. Returns only on failure.
[[nodiscard]] Error switch_root(const config::RootConfig& config, const Log& log);

}  // namespace nbdroot::agent::root
