// Ends the processes that could still write.
#pragma once

#include "agent/exit/plan.h"
#include "lib/base/log.h"

namespace nbdroot::agent::exit {

// Inside the running system they are asked first (SIGTERM), and have a few seconds; after the pivot
// systemd has done that. OURS, this process and what it forked, are spared. Processes that wait for
// a dead server in the kernel stay.
void end_processes(Place place, const std::vector<pid_t>& ours, const Log& log);

// Those that wait for OURS are stopped for good: there is no root any more when they would go on.
void stop_waiting_processes(const std::vector<pid_t>& ours);

}  // namespace nbdroot::agent::exit
