// "[ADDRESS:]PORT": where the server listens.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace nbdroot::server::config {

struct Endpoint {
    std::string ip;          // in numbers, without brackets; empty: every address
    std::uint16_t port = 0;  // 0: the kernel picks one

    bool operator==(const Endpoint&) const = default;
};

// "1234", "10.0.0.1:1234", "[fd00::1]:1234", "[]:1234" is none.
Result<Endpoint> parse_endpoint(std::string_view text);

Result<std::uint16_t> parse_port(std::string_view text);

// An address in numbers, without brackets and port.
Result<std::string> parse_address(std::string_view text);

}  // namespace nbdroot::server::config
