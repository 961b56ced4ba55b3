// AF_UNIX stream sockets that wait for clients of this machine.
#pragma once

#include <optional>
#include <string>

#include "lib/base/result.h"
#include "lib/sys/fd.h"

namespace nbdroot::sys {

// Listens on PATH, which only root can connect to; a socket that an earlier process left there is
// replaced. Does not block.
[[nodiscard]] Result<Fd> listen_unix(const std::string& path);

// The next waiting client, which does not block; nullopt: there is none.
[[nodiscard]] Result<std::optional<Fd>> accept_unix(int fd);

}  // namespace nbdroot::sys
