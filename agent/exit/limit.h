// The time that a shutdown may take where no resident process keeps watch over it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

#include "lib/base/log.h"
#include "lib/base/machine_end.h"

namespace nbdroot::agent::exit {

// Forks a process that ends the machine so, at once, when nothing was written to any disk for that
// many seconds; 0: never, and nothing is forked. Nobody may end that process.
[[nodiscard]] std::optional<pid_t> limit_time(MachineEnd how, std::uint32_t seconds,
                                              const Log& log);

}  // namespace nbdroot::agent::exit
