#include "lib/sys/clock.h"

#include <unistd.h>

#include <cerrno>
#include <ctime>

namespace nbdroot::sys {

Instant now() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);  // cannot fail for this clock
    return Instant(std::chrono::duration_cast<Duration>(std::chrono::seconds(time.tv_sec) +
                                                        std::chrono::nanoseconds(time.tv_nsec)));
}

std::int64_t calendar_time_us() {
    timespec time{};
    ::clock_gettime(CLOCK_REALTIME, &time);
    return std::int64_t{time.tv_sec} * 1'000'000 + time.tv_nsec / 1000;
}

void pause_until(Instant deadline) {
    const auto since_start = deadline.time_since_epoch();
    const auto seconds = std::chrono::floor<std::chrono::seconds>(since_start);
    timespec time{};
    time.tv_sec = seconds.count();
    time.tv_nsec = std::chrono::nanoseconds(since_start - seconds).count();
    while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nullptr) == EINTR) continue;
}

void pause_for_ever() {
    for (;;) ::pause();
}

}  // namespace nbdroot::sys
