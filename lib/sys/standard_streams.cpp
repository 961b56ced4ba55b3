#include "lib/sys/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

namespace nbdroot::sys {

namespace {

bool fill(int number) {
    if (::fcntl(number, F_GETFD) >= 0) return true;
    // The lowest free number is this one: those below it are open.
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg,android-cloexec-open)
    return ::open("/dev/null", O_RDWR) == number;
}

}  // namespace

bool fill_standard_streams() {
    return fill(STDIN_FILENO) && fill(STDOUT_FILENO) && fill(STDERR_FILENO);
}

}  // namespace nbdroot::sys
