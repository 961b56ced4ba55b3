// Who can be asked for names where somebody else brought the network up.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nbdroot::agent::network {

struct NameService {
    std::vector<std::uint32_t> servers;  // IPv4
    std::vector<std::string> search;     // domains, the first ones first

    bool operator==(const NameService&) const = default;
};

// resolv.conf(5): nameserver, search, domain (of these two the last line counts). Servers with an
// IPv6 address, options and what is misspelt are passed over.
[[nodiscard]] NameService parse_resolv_conf(std::string_view text);

// What ipconfig of klibc leaves in /run/net-INTERFACE.conf: IPV4DNS0, IPV4DNS1, DNSDOMAIN,
// DOMAINSEARCH, as assignments of a shell.
[[nodiscard]] NameService parse_net_conf(std::string_view text);

// Of /etc/resolv.conf, else of the /run/net-INTERFACE.conf of all interfaces; without servers where
// there is neither.
[[nodiscard]] NameService find_name_service();

}  // namespace nbdroot::agent::network
