// Asking a server of this machine over an AF_UNIX stream socket.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/base/time.h"

namespace nbdroot::sys {

// Sends TEXT to the socket at PATH and returns what comes back until the server closes, at most
// MAXIMUM bytes. No byte for LIMIT is an error.
[[nodiscard]] Result<std::string> ask_unix(const std::string& path, std::string_view text,
                                           Duration limit, std::size_t maximum = 65536);

// Somebody listens on the socket at PATH: it is no file that an earlier process left.
[[nodiscard]] bool is_unix_alive(const std::string& path);

}  // namespace nbdroot::sys
