// What is asked of the root's server itself, over a connection of its own.
#pragma once

#include "agent/control/command.h"

namespace nbdroot::agent::control {

[[nodiscard]] ExitStatus order_server(Call& call);
[[nodiscard]] ExitStatus show_hashes(Call& call);

}  // namespace nbdroot::agent::control
