// nbdrootctl: asks the resident agent, and shows what it has written.
#pragma once

#include <span>

#include "agent/control/command.h"
#include "agent/exit_status.h"

namespace nbdroot::agent::control {

// ARGUMENTS with the program's name in front. MORE are commands that it has besides.
[[nodiscard]] ExitStatus run(std::span<const char* const> arguments,
                             std::span<const Command> more = {});

}  // namespace nbdroot::agent::control
