// The phases of a boot as bars. Pure.
#pragma once

#include <string>

#include "lib/base/json_value.h"

namespace nbdroot::agent::control {

// BOOT is what boot.json holds. 80 columns, ASCII: a line for each phase with its start, a bar and
// its length in ms, the kernel's own time before the agent first. The Error says what is missing.
[[nodiscard]] Result<std::string> draw_boot(const JsonValue& boot);

}  // namespace nbdroot::agent::control
