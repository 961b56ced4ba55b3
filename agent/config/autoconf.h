// The word of ip= that says how an address is found.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/config/boot_config.h"
#include "lib/base/result.h"

namespace nbdroot::agent::config {

inline constexpr std::string_view kIpv6Reason =
    "IPv6 addresses cannot be configured yet; an IPv4 address or ip=dhcp is needed";

struct Autoconf {
    InterfaceConfig::Method method{};
    std::string client_id;  // as in InterfaceConfig
};

// Whether WORD is one, also one that is refused.
[[nodiscard]] bool is_autoconf(std::string_view word);

// What has no effect goes to NOTES.
[[nodiscard]] Result<Autoconf> parse_autoconf(std::string_view word,
                                              std::vector<std::string>& notes);

}  // namespace nbdroot::agent::config
