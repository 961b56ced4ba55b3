// What the running system is told before its init starts, all of it under /run: nothing is written
// into the root.
#pragma once

#include <string>

#include "lib/base/log.h"

namespace nbdroot::agent::root {

struct HandOver {
    std::string root;       // where the system is mounted
    std::string init;       // its program, as a path under ROOT
    bool by_ioctl = false;  // the device ends when its process gets a signal
};

// For every init the exit program: /run/initramfs/shutdown, where systemd-shutdown looks for it,
// with a second name nbdrootctl beside it; and for sysvinit the processes to be spared.
//
// Where INIT is systemd its own services must not be killed by their watchdogs (three minutes)
// while the root waits for its server; the resident process learns that a shutdown has begun, and
// which; and a device by ioctl is read-only before everybody gets a SIGSTOP at the end of it. None
// of that otherwise: the directory alone would make programs believe that systemd runs.
//
// Failures are warnings.
void hand_over(const HandOver& to, const Log& log);

}  // namespace nbdroot::agent::root
