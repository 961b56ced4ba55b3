// nbdrootctl: asks the resident agent, and shows what it has written.
#pragma once

#include <span>

#include "agent/exit_status.h"

namespace nbdroot::agent::control {

// ARGUMENTS with the program's name in front.
[[nodiscard]] ExitStatus run(std::span<const char* const> arguments);

}  // namespace nbdroot::agent::control
