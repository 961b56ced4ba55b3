// What every process does that stays behind because the root depends on it.
#pragma once

#include "lib/base/log.h"

namespace nbdroot::agent::attach {

// Named "@nbdroot-agent" (systemd spares processes whose name begins so at shutdown), in a session
// of its own without terminal, signals blocked, out of the memory killer's reach, locked in memory,
// and never waiting for writeback that waits for it. What cannot be had is a warning.
void become_resident(const Log& log);

}  // namespace nbdroot::agent::attach
