// The resident processes that keep the root alive: a guardian, and the session process that does
// the work.
//
// The guardian does nothing but hold what must survive the session process (plan.h, Held) and start
// another one when it ends. Both are "@nbdroot-agent".
#pragma once

#include <sys/types.h>

#include <string>

#include "agent/resident/plan.h"
#include "lib/base/log.h"
#include "lib/base/result.h"

namespace nbdroot::agent::resident {

// What start() needs of the world, opened while /run and /sys can still be seen.
[[nodiscard]] Held open_held(const Plan& plan, const Log& log);

struct Resident {
    pid_t guardian = -1;
    sys::Fd boot;  // the boot counts as over when this is closed, at the latest by exec
};

// Forks the guardian and waits until it is what it is to be. HELD goes to it; what this process has
// of it is closed.
[[nodiscard]] Result<Resident> start(const Plan& plan, Held held, const Log& log);

inline constexpr const char* kRunFolder = "/run/nbdroot";

// Ends both processes, for an attachment that has come to nothing, and takes away what they have
// said of it in RUN.
void end(const Resident& resident, const std::string& run = kRunFolder);

}  // namespace nbdroot::agent::resident
