// The end of the machine's run.
#pragma once

#include "lib/base/machine_end.h"
#include "lib/base/result.h"

namespace nbdroot::sys {

using base::MachineEnd;

// reboot(2) at once, without sync(2), which would wait for a root that is out of reach. A kexec
// that has no kernel loaded becomes a reboot. Returns only on failure, and after a halt that was
// not called by process 1.
[[nodiscard]] Error end_machine_now(MachineEnd end);

}  // namespace nbdroot::sys
