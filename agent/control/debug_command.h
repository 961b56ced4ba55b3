// What goes on between the device and its server, at this moment.
#pragma once

#include "agent/control/command.h"

namespace nbdroot::agent::control {

[[nodiscard]] ExitStatus show_debug(Call& call);

}  // namespace nbdroot::agent::control
