#include "agent/resident/device_end.h"

#include "agent/attach/kernel_nbd.h"
#include "lib/base/text.h"
#include "lib/sys/process.h"
#include "lib/sys/stream.h"

namespace nbdroot::agent::resident {

void end_device(const Plan& plan, const Held& held, const Log& log) {
    // By ioctl only a signal ends what is in flight (nbd.c, nbd_clear_que), and one that comes
    // after the end of the socket does not; a driver that waits for room there needs both, hence
    // the limit.
    if (plan.runner > 0) (void)sys::end_process(plan.runner, Duration(1'000));
    if (held.kernel) sys::shut_down(held.kernel.get());
    if (!plan.by_netlink) return;
    auto kernel = attach::KernelNbd::open();
    const auto done =
        kernel ? kernel->disconnect(plan.device_index) : Result<void>(fail(kernel.error()));
    if (!done) log.error(cat("attach: disconnect: ", done.error().message()));
}

}  // namespace nbdroot::agent::resident
