// The resident processes that keep the root alive: a guardian, and the session process that does
// the work.
//
// The guardian does nothing but hold what must survive the session process (plan.h, Held) and start
// another one when it ends. Both are "@nbdroot-agent".
#pragma once

#include <sys/types.h>

#include "agent/resident/plan.h"
#include "lib/base/log.h"
#include "lib/base/result.h"

namespace nbdroot::agent::resident {

// What start() needs of the world, opened while /run and /sys can still be seen.
[[nodiscard]] Held open_held(const Plan& plan, const Log& log);

// Forks the guardian. HELD goes to it; what this process has of it is closed. The boot counts as
// over when the descriptor that comes back is closed, at the latest by exec.
[[nodiscard]] Result<sys::Fd> start(const Plan& plan, Held held, const Log& log);

}  // namespace nbdroot::agent::resident
