// Ethernet addresses.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace nbdroot::base {

using Mac = std::array<std::uint8_t, 6>;

// "52:54:00:12:34:56", lower case.
[[nodiscard]] std::string format_mac(const Mac& mac);

}  // namespace nbdroot::base

namespace nbdroot {
using base::Mac;
}
