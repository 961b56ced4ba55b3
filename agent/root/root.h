// From an attached device to the real init.
#pragma once

#include <string>
#include <vector>

#include "agent/config/boot_config.h"
#include "lib/base/log.h"
#include "lib/base/result.h"

namespace nbdroot::agent::root {

// Where the root file system lies until it becomes "/".
inline constexpr const char* kNewRoot = "/newroot";

// Mounts /proc, /sys, /dev (devtmpfs) and /run (tmpfs) where they are not there yet, and opens
// /dev/console as standard streams. Does as much as it can: the errors are for a log that does not
// exist before this.
[[nodiscard]] std::vector<Error> mount_basics();

// Loads what /etc/nbdroot/modules lists (modules_list.h), in that order. No file: nothing to load.
// A module that fails is a warning with its name and the kernel's reason; it may be built in, or
// not needed. The value is how many are loaded.
[[nodiscard]] Result<int> load_modules(const Log& log);

struct Mounted {
    std::string device;
    std::string file_system;
    bool read_only = true;
    bool has_overlay = false;
};

// "/dev/nbd0p1, ext4, read-only, below an overlay in memory"
[[nodiscard]] std::string describe(const Mounted& mounted);

struct MountOrder {
    const config::RootConfig& root;
    const config::OverlayConfig& overlay;
    std::string device;  // "/dev/nbd0"
    bool device_is_read_only = false;
};

// Finds the root file system on the device and mounts it at kNewRoot, or the overlay over it
// (overlay.h).
[[nodiscard]] Result<Mounted> mount_root(const MountOrder& order, const Log& log);

// Takes away what mount_root() has mounted, if it has.
void unmount_root(const std::string& device);

// The program of kNewRoot that process 1 is to become: init= alone where it was given, else the
// first of the kernel's own list that is there; an Error where the kernel could not execute it.
[[nodiscard]] Result<std::string> find_init(const config::RootConfig& config);

// Moves /proc, /sys, /dev and /run over, frees the initramfs and makes kNewRoot "/". After a
// failure the initramfs may be gone.
[[nodiscard]] Result<void> enter_root(const Log& log);

// Executes INIT of the root that was entered; systemd is told when the agent STARTED. Returns only
// on failure.
[[nodiscard]] Error execute_init(const config::RootConfig& config, const std::string& init,
                                 Instant started, const Log& log);

}  // namespace nbdroot::agent::root
