// The address of a client's machine.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace nbdroot::server::config {

// An address of either family in network byte order; IPv4 as ::ffff:A.B.C.D.
using HostAddress = std::array<std::uint8_t, 16>;

inline constexpr unsigned kAddressBits = 128;
inline constexpr unsigned kMappedBits = 96;  // of ::ffff:0:0/96

// "10.0.0.7" or "fd00::7": numbers, without port, brackets and scope.
[[nodiscard]] Result<HostAddress> parse_host_address(std::string_view text);

// The same, of an address.
[[nodiscard]] std::string to_text(const HostAddress& address);

[[nodiscard]] bool is_ipv4(const HostAddress& address);

// ADDRESS with 0 for the bits after the first PREFIX_BITS.
[[nodiscard]] HostAddress masked(HostAddress address, unsigned prefix_bits);

}  // namespace nbdroot::server::config
