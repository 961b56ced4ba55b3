#include "lib/sys/random.h"

#include <sys/random.h>
#include <time.h>
#include <unistd.h>

namespace nbdroot::sys {

std::uint32_t random_u32() {
    std::uint32_t value = 0;
    if (getrandom(&value, sizeof value, GRND_NONBLOCK) == sizeof value) return value;
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    const auto nanoseconds = static_cast<std::uint32_t>(time.tv_nsec);
    return nanoseconds * 2654435761U ^ static_cast<std::uint32_t>(getpid());
}

}  // namespace nbdroot::sys
