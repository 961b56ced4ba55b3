// What dhcpcd is told of the root's interface: nothing but to leave it alone. Pure.
//
// It would ask for a lease of its own, and takes an address away when it is stopped or gets no
// answer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nbdroot::agent::handover {

inline constexpr const char* kDhcpcdFile = "/etc/dhcpcd.conf";

// dhcpcd.conf(5) with the text OWN, for a system that may call the interface by one of NAMES.
[[nodiscard]] std::string dhcpcd_file(std::string_view own, const std::vector<std::string>& names);

}  // namespace nbdroot::agent::handover
