#include "lib/sys/thread_priority.h"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace nbdroot::sys {
namespace {

// include/uapi/linux/ioprio.h, which is no C++.
constexpr int kThisThread = 1;  // IOPRIO_WHO_PROCESS, with 0
constexpr int kIdle = 3 << 13;  // IOPRIO_CLASS_IDLE

}  // namespace

void yield_to_everybody() {
    const sched_param none{};
    (void)sched_setscheduler(0, SCHED_IDLE, &none);  // 0: this thread
    (void)syscall(SYS_ioprio_set, kThisThread, 0, kIdle);
}

}  // namespace nbdroot::sys
