#include "lib/sys/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <initializer_list>

namespace nbdroot::sys {

bool fill_standard_streams() {
    for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(number, F_GETFD) >= 0) continue;
        // The lowest free number is this one: those below it are open.
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg,android-cloexec-open)
        if (::open("/dev/null", O_RDWR) != number) return false;
    }
    return true;
}

}  // namespace nbdroot::sys
