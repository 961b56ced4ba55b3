#include "lib/sys/clock.h"

#include <ctime>

namespace nbdroot::sys {

Instant now() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);  // cannot fail for this clock
    return Instant(std::chrono::duration_cast<Duration>(std::chrono::seconds(time.tv_sec) +
                                                        std::chrono::nanoseconds(time.tv_nsec)));
}

}  // namespace nbdroot::sys
