// What of the network the root depends on: set at boot, put back for as long as the machine runs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/mac.h"
#include "lib/protocol/netlink/route.h"

namespace nbdroot::agent::network {

struct Kept {
    int interface_index = 0;                       // 0: no interface is known, nothing is kept
    std::string interface_name;                    // as it was then; for the log only
    std::optional<Mac> mac;                        // how it is known again under another index
    protocol::netlink::Address address;            // address 0: none is kept
    std::vector<protocol::netlink::Route> routes;  // in the order in which they can be added
    std::uint32_t mtu_bytes = 0;                   // 0: as it is

    // After a change of the lease, until it is done: taken away once the new ones are there.
    std::vector<protocol::netlink::Address> former_addresses = {};
    std::vector<protocol::netlink::Route> former_routes = {};
    // Somebody gave the address an end and left it to that: it is to have none again.
    bool is_reclaimed = false;

    bool operator==(const Kept&) const = default;
};

}  // namespace nbdroot::agent::network
