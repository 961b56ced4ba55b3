// Takes everything off the root's disk: unmounts, remounts read-only, flushes.
#pragma once

#include "agent/exit/plan.h"
#include "lib/base/log.h"

namespace nbdroot::agent::exit {

enum class Cleanness {
    clean,  // nothing that could be written is left; all of it is on the server's medium
    dirty,  // something may still write: the log says what
};

// Says each step. Waits as long as the disk does.
[[nodiscard]] Cleanness release(const Disk& disk, Place place, const Log& log);

// Everything on every disk becomes read-only at once, in use or not (SysRq u), and the caller waits
// until DISK is. False: it is not.
[[nodiscard]] bool force_read_only(const Disk& disk, const Log& log);

}  // namespace nbdroot::agent::exit
