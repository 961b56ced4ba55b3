// The end of the machine's run.
#pragma once

#include "lib/base/result.h"

namespace nbdroot::sys {

enum class MachineEnd { reboot, poweroff };

// Reboots at once, without sync(2), which would wait for a root that is out of reach. Returns only
// on failure.
[[nodiscard]] Error reboot_now();

// sync(2), then reboot(2). Returns only on failure.
[[nodiscard]] Error end_machine(MachineEnd end);

}  // namespace nbdroot::sys
