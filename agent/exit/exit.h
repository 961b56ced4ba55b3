// /run/initramfs/shutdown: the exit program.
//
//   shutdown VERB [...]     poweroff, reboot, halt, kexec: processes, mounts, flush, NBD_CMD_DISC,
//                           then the end of the machine. systemd-shutdown runs it so, as process 1
//                           with the old system at /oldroot; any other init runs it as it likes.
//   shutdown --finish       the same, but back to the caller: an init that ends the machine itself
//   shutdown --ending VERB  tells the resident process that the end has begun; none: that it has
//   not shutdown --read-only    makes the root read-only although it is in use
//
// It lies in memory and needs nothing of the root file system.
#pragma once

#include <span>

#include "agent/exit_status.h"

namespace nbdroot::agent::exit {

// ARGUMENTS begin with the program's name. As process 1 it never returns.
[[nodiscard]] ExitStatus run(std::span<const char* const> arguments);

}  // namespace nbdroot::agent::exit
