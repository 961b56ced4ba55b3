#include "lib/sys/swap.h"

#include <sys/swap.h>

#include "lib/sys/error.h"

namespace nbdroot::sys {

Result<void> stop_swapping(const std::string& path) {
    if (::swapoff(path.c_str()) != 0) return fail_errno("swapoff", path);
    return {};
}

}  // namespace nbdroot::sys
