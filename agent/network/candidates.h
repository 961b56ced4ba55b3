// Which interfaces come into question, and what is wanted of each.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/config/boot_config.h"
#include "agent/network/network.h"
#include "lib/protocol/netlink/route.h"

namespace nbdroot::agent::network {

// What is wanted of LINK: the ip= that names it, else the first one without a device, else DHCP
// where there is no ip= at all. nullopt: nothing; it is no Ethernet interface of its own, another
// one is meant (device, BOOTIF), or it is to be left alone.
[[nodiscard]] std::optional<config::InterfaceConfig> wanted_of(const protocol::netlink::Link& link,
                                                               const config::NetworkConfig& config);

// The name that ifname= gives LINK; empty: it keeps its own.
[[nodiscard]] std::string new_name_of(const protocol::netlink::Link& link,
                                      const config::NetworkConfig& config);

// ip=off: every interface is to be left alone.
[[nodiscard]] bool leaves_all_alone(const config::NetworkConfig& config);

struct Existing {
    std::vector<protocol::netlink::Link> links;
    std::vector<protocol::netlink::Address> addresses;
    std::vector<protocol::netlink::Route> routes;
};
// What somebody else has set up: the interface with the default route, else the first one with an
// address. nullopt: none has one.
[[nodiscard]] std::optional<Network> find_existing(const Existing& existing,
                                                   const config::NetworkConfig& config);

}  // namespace nbdroot::agent::network
