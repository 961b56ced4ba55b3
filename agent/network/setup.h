// What an interface is to be given: from a DHCP lease or from ip=.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/config/boot_config.h"
#include "agent/network/network.h"
#include "lib/base/result.h"
#include "lib/protocol/dhcp4/lease.h"
#include "lib/protocol/netlink/route.h"

namespace nbdroot::agent::network {

struct Setup {
    protocol::netlink::Address address;
    std::vector<protocol::netlink::Route> routes;  // in the order in which they can be added
    std::uint32_t mtu_bytes = 0;                   // 0: as it is
    Network network;                               // what to report once it is done
    std::string note;                              // for the log; empty: all as usual
};

// LINK is the interface, CONFIG its ip=, NETWORK all that the command line says; words of the user
// win over the server's.
struct SetupSources {
    const protocol::netlink::Link& link;
    const config::InterfaceConfig& config;
    const config::NetworkConfig& network;
};

[[nodiscard]] Setup setup_of_lease(const SetupSources& sources,
                                   const protocol::dhcp4::Lease& lease);

// An Error: ip= gives no address that an interface can have.
[[nodiscard]] Result<Setup> setup_of_config(const SetupSources& sources);

}  // namespace nbdroot::agent::network
