#include "lib/sys/host_name.h"

#include <unistd.h>

#include "lib/sys/error.h"

namespace nbdroot::sys {

Result<void> set_host_name(const std::string& name) {
    if (::sethostname(name.data(), name.size()) != 0) return fail_errno("set host name", name);
    return {};
}

}  // namespace nbdroot::sys
