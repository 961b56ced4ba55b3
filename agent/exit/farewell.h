// The server is told that nothing follows (NBD_CMD_DISC).
#pragma once

#include <optional>

#include "agent/exit/status.h"
#include "lib/base/log.h"
#include "lib/base/machine_end.h"
#include "lib/base/result.h"

namespace nbdroot::agent::exit {

// The resident learns that the machine is ending, and how, and keeps watch over the time from then
// on; nullopt: that it is not after all.
[[nodiscard]] Result<void> announce(std::optional<MachineEnd> how);

// By the resident, which waits until the server has it; by ourselves where there is none that does
// it. The device is of no use afterwards. Takes seconds at most, whatever the server does.
void disconnect(const Status& status, const Log& log);

}  // namespace nbdroot::agent::exit
