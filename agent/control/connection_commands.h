// The commands about the connection of the root.
#pragma once

#include "agent/control/command.h"

namespace nbdroot::agent::control {

[[nodiscard]] ExitStatus show_status(Call& call);
[[nodiscard]] ExitStatus show_or_set_info(Call& call);
[[nodiscard]] ExitStatus show_or_set_timeout(Call& call);
[[nodiscard]] ExitStatus show_or_set_log(Call& call);
[[nodiscard]] ExitStatus reconnect(Call& call);
[[nodiscard]] ExitStatus disconnect(Call& call);

}  // namespace nbdroot::agent::control
