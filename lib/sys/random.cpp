#include "lib/sys/random.h"

#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>

#include "lib/base/assert.h"

namespace nbdroot::sys {

std::uint32_t random_u32() {
    std::uint32_t value = 0;
    if (getrandom(&value, sizeof value, GRND_NONBLOCK) == sizeof value) return value;
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    const auto nanoseconds = static_cast<std::uint32_t>(time.tv_nsec);
    return nanoseconds * 2654435761U ^ static_cast<std::uint32_t>(getpid());
}

Bytes random_bytes(std::size_t count) {
    Bytes bytes(count);
    std::size_t filled = 0;
    while (filled < count) {
        const ssize_t got = getrandom(bytes.data() + filled, count - filled, 0);
        if (got > 0) filled += static_cast<std::size_t>(got);
        // Refused otherwise only by a kernel without the call, older than any that this runs on.
        NBDROOT_ASSERT(got > 0 || errno == EINTR);
    }
    return bytes;
}

}  // namespace nbdroot::sys
