// Values of the configuration file.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace nbdroot::server::config {

// "true" or "false"; "1" and "0", which nbd-server takes too.
[[nodiscard]] Result<bool> parse_boolean(std::string_view text);

// A number of connections; 0 is no limit.
[[nodiscard]] Result<std::uint32_t> parse_limit(std::string_view text);

// A number of bytes, also of KiB, MiB, GiB or TiB: "500", "10G".
[[nodiscard]] Result<std::uint64_t> parse_size(std::string_view text);

// A number of seconds, also of minutes, hours or days: "90", "30m", "12h", "7d".
[[nodiscard]] Result<std::chrono::seconds> parse_time_span(std::string_view text);

// The path of a unix socket: not empty, and short enough for bind(2).
[[nodiscard]] Result<std::string> parse_socket_path(std::string_view text);

// Fields between commas and blanks, none of them empty.
[[nodiscard]] std::vector<std::string_view> split_list(std::string_view text);

// nbd-server's escapes: \s is a blank, \t, \n and \r as in C, \\ a backslash. Any other is an
// Error.
[[nodiscard]] Result<std::string> unescape(std::string_view text);

}  // namespace nbdroot::server::config
