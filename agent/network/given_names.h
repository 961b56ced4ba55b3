// Names and MACs that the command line gives to interfaces (ifname=, the MAC of ip=), and by what
// they are still known to it.
#pragma once

#include <optional>
#include <vector>

#include "agent/config/boot_config.h"
#include "agent/network/route_socket.h"
#include "lib/base/log.h"
#include "lib/base/mac.h"
#include "lib/protocol/netlink/route.h"

namespace nbdroot::agent::network {

class GivenNames {
public:
    // LINK as BOOTIF= and ifname= mean it: with the MAC that it came with.
    [[nodiscard]] protocol::netlink::Link as_it_came(protocol::netlink::Link link);

    // The name that ifname= has for LINK, once: the kernel renames nothing that is up.
    void give_name(RouteSocket& kernel, protocol::netlink::Link& link,
                   const config::NetworkConfig& config, const Log& log);

    // Before LINK is set up; many drivers change nothing after that.
    void give_mac(RouteSocket& kernel, protocol::netlink::Link& link, const Mac& mac,
                  const Log& log);

    void forget(int interface_index);

private:
    struct Known {
        int interface_index = 0;
        bool was_named = false;
        std::optional<Mac> own_mac = {};  // where it has another one now
    };

    Known& known(int interface_index);

    std::vector<Known> all_;
};

}  // namespace nbdroot::agent::network
