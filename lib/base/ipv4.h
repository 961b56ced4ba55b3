// IPv4 addresses and masks as text. Addresses are numbers in host byte order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nbdroot::base {

// "10.0.2.15": exactly four decimal fields of at most three digits, each 0 to 255; nothing else.
[[nodiscard]] std::optional<std::uint32_t> parse_ipv4(std::string_view text);

// "10.0.2.15"
[[nodiscard]] std::string format_ipv4(std::uint32_t address);

// The mask of a prefix length from 0 to 32: 24 gives 0xffffff00.
[[nodiscard]] std::uint32_t ipv4_mask(unsigned length_bits);

// The prefix length of a mask; nullopt where its ones are not all in front (255.0.255.0).
[[nodiscard]] std::optional<std::uint8_t> ipv4_mask_length(std::uint32_t mask);

// A dotted mask ("255.255.255.0") or a prefix length ("24"), as a prefix length.
[[nodiscard]] std::optional<std::uint8_t> parse_ipv4_mask(std::string_view text);

// The prefix length of the address's class, as the kernel takes it where ip= gives no mask
// (net/ipv4/ipconfig.c): /8, /16 or /24 by the first byte; nullopt for 224.0.0.0 and above.
[[nodiscard]] std::optional<std::uint8_t> ipv4_class_length(std::uint32_t address);

// Whether an interface can have it: not in 0.0.0.0/8, no loopback, nothing from 224.0.0.0 up.
[[nodiscard]] bool is_ipv4_host(std::uint32_t address);

}  // namespace nbdroot::base
