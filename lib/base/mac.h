// Ethernet addresses.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nbdroot::base {

using Mac = std::array<std::uint8_t, 6>;

// "52:54:00:12:34:56", lower case.
[[nodiscard]] std::string format_mac(const Mac& mac);

// "52:54:00:12:34:56" or "52-54-00-12-34-56", in either case; nullopt: anything else.
[[nodiscard]] std::optional<Mac> parse_mac(std::string_view text);

// Whether one card can have it: no group's address, and not all zeros.
[[nodiscard]] bool is_card_mac(const Mac& mac);

}  // namespace nbdroot::base

namespace nbdroot {
using base::Mac;
}
