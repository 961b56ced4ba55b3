// A descriptor that goes from one process to another over a stream socketpair (SCM_RIGHTS).
#pragma once

#include <optional>

#include "lib/base/result.h"
#include "lib/sys/fd.h"

namespace nbdroot::sys {

// The other process gets a duplicate; FD stays open here.
[[nodiscard]] Result<void> pass_fd(int channel, int fd);

// Waits for the next one, which is empty where there was no room for it; nullopt: the other process
// is gone.
[[nodiscard]] Result<std::optional<Fd>> receive_fd(int channel);

}  // namespace nbdroot::sys
