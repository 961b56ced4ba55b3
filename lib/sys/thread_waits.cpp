#include "lib/sys/thread_waits.h"

#include <sys/resource.h>

namespace nbdroot::sys {

std::uint64_t waits_of_this_thread() {
    struct rusage usage {};
    if (::getrusage(RUSAGE_THREAD, &usage) != 0) return 0;
    return static_cast<std::uint64_t>(usage.ru_nvcsw);
}

}  // namespace nbdroot::sys
