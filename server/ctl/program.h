// nbd-rootserverctl: asks a running server, and shows what it says.
#pragma once

#include <span>

#include "server/ctl/exit_status.h"

namespace nbdroot::server::ctl {

// ARGUMENTS without the program's name.
[[nodiscard]] ExitStatus run(std::span<const char* const> arguments);

}  // namespace nbdroot::server::ctl
