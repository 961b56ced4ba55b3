// The session process: keeps the root's connection alive until the device is disconnected.
//
// Reconnect decides; this does what it says and tells it what happened.
#pragma once

#include "agent/resident/plan.h"
#include "lib/base/log.h"
#include "lib/base/result.h"

namespace nbdroot::agent::resident {

enum class Start {
    first,  // Held.connection is in use and well
    again,  // after the end of another session process: nothing is known of the connection
};

// Runs until the device is over. GUARDIAN takes duplicates of new connections (sys::pass_fd). An
// Error is one of the loop itself.
[[nodiscard]] Result<void> run_session(const Plan& plan, Held& held, int guardian, Start start,
                                       const Log& log);

}  // namespace nbdroot::agent::resident
