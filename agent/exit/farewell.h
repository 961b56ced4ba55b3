// The server is told that nothing follows (NBD_CMD_DISC).
#pragma once

#include "agent/exit/status.h"
#include "lib/base/log.h"
#include "lib/base/machine_end.h"
#include "lib/base/result.h"

namespace nbdroot::agent::exit {

// The resident learns that the machine is ending, and how, and keeps watch over the time from then
// on.
[[nodiscard]] Result<void> announce(MachineEnd how);

// Whether DISK is connected to anything still.
[[nodiscard]] bool is_connected(const std::string& disk);

// By the resident, which waits until the server has it; by ourselves where there is none that
// answers. The device is of no use afterwards.
void disconnect(const Status& status, const Log& log);

}  // namespace nbdroot::agent::exit
