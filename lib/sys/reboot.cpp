#include "lib/sys/reboot.h"

#include <sys/reboot.h>
#include <unistd.h>

#include "lib/sys/error.h"

namespace nbdroot::sys {
namespace {

// The C libraries disagree on the type of these constants.
int command_of(MachineEnd end) {
    switch (end) {
        case MachineEnd::poweroff:
            return static_cast<int>(RB_POWER_OFF);
        case MachineEnd::halt:
            return static_cast<int>(RB_HALT_SYSTEM);
        case MachineEnd::kexec:
            return static_cast<int>(RB_KEXEC);
        case MachineEnd::reboot:
            break;
    }
    return static_cast<int>(RB_AUTOBOOT);
}

}  // namespace

Error end_machine_now(MachineEnd end) {
    ::reboot(command_of(end));
    if (end == MachineEnd::kexec) ::reboot(command_of(MachineEnd::reboot));
    return fail_errno(base::name_of(end).data(), "").value();
}

}  // namespace nbdroot::sys
