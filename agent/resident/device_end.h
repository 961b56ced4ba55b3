// The end of the device from our side.
#pragma once

#include "agent/resident/plan.h"
#include "lib/base/log.h"

namespace nbdroot::agent::resident {

// Whoever waits for it gets I/O errors, and nobody can bring it back.
void end_device(const Plan& plan, const Held& held, const Log& log);

}  // namespace nbdroot::agent::resident
