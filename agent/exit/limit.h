// The time that a shutdown may take where no resident process keeps watch over it.
#pragma once

#include <cstdint>

#include "lib/base/log.h"
#include "lib/base/machine_end.h"

namespace nbdroot::agent::exit {

// Forks a process that ends the machine so, at once, after that many seconds; 0: never.
void limit_time(MachineEnd how, std::uint32_t seconds, const Log& log);

}  // namespace nbdroot::agent::exit
