// The server part of a target: host and port.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace nbdroot::agent::config {

struct HostAndRest {
    std::string host;       // as in Target
    std::string_view rest;  // what follows: empty, or begins with ':' or '/'
};

// Takes HOST or [V6] off the front of TEXT.
[[nodiscard]] Result<HostAndRest> take_host(std::string_view text);

[[nodiscard]] Result<std::uint16_t> parse_port(std::string_view text);

// What the kernel takes as a name of a network interface (net/core/dev.c, dev_valid_name).
[[nodiscard]] bool is_interface_name(std::string_view text);

}  // namespace nbdroot::agent::config
