#include "lib/sys/reboot.h"

#include <sys/reboot.h>
#include <unistd.h>

#include "lib/sys/error.h"

namespace nbdroot::sys {

Error reboot_now() {
    ::reboot(RB_AUTOBOOT);
    return fail_errno("reboot", "").value();
}

Error end_machine(MachineEnd end) {
    ::sync();
    const bool off = end == MachineEnd::poweroff;
    ::reboot(off ? RB_POWER_OFF : RB_AUTOBOOT);
    return fail_errno(off ? "power off" : "reboot", "").value();
}

}  // namespace nbdroot::sys
