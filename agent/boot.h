// The stages in their order: the whole boot, and its first half for other initramfs generators.
// The only place that knows all stages; they know only those before them.
#pragma once

#include <string>

#include "agent/exit_status.h"

namespace nbdroot::agent {

// Process 1 of an initramfs: ends as the real init. After a failure it does what nbdroot.fail= and
// panic= say, and never returns: a process 1 that ends is a kernel panic.
[[noreturn]] void boot();

struct AttachOnly {
    bool with_network = true;  // false: the caller has brought it up
};

// Network and attach as the kernel command line asks for, for an initramfs that has mounted /proc,
// /sys and /dev and loaded the modules. Prints the device ("/dev/nbd0") on standard output.
[[nodiscard]] ExitStatus attach_only(const AttachOnly& options);

// For the same: what the system at ROOT, with the program INIT, is told before it starts.
void hand_over(const std::string& root, const std::string& init);

}  // namespace nbdroot::agent
