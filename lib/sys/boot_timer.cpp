#include "lib/sys/boot_timer.h"

#include <sys/timerfd.h>

#include <algorithm>
#include <ctime>

#include "lib/sys/error.h"

namespace nbdroot::sys {
namespace {

// Fails only for a descriptor or a time that is none: ours are.
void set(int fd, Duration since_boot) {
    itimerspec when{};
    when.it_value.tv_sec = static_cast<time_t>(since_boot.count() / 1000);
    when.it_value.tv_nsec = static_cast<long>(since_boot.count() % 1000 * 1'000'000);
    (void)timerfd_settime(fd, TFD_TIMER_ABSTIME, &when, nullptr);
}

}  // namespace

Instant boot_now() {
    timespec now{};
    (void)clock_gettime(CLOCK_BOOTTIME, &now);  // cannot fail for this clock
    return Instant(Duration(std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000));
}

Result<BootTimer> BootTimer::open() {
    Fd fd(timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK));
    if (!fd) return fail_errno("make", "timer");
    return BootTimer(std::move(fd));
}

// 0 would disarm it.
void BootTimer::arm(Instant deadline) {
    set(fd_.get(), std::max(deadline.time_since_epoch(), Duration{1}));
}

void BootTimer::cancel() { set(fd_.get(), Duration{}); }

}  // namespace nbdroot::sys
