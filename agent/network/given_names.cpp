#include "agent/network/given_names.h"

#include <string>
#include <utility>

#include "agent/network/candidates.h"
#include "lib/base/text.h"

namespace nbdroot::agent::network {

namespace netlink = protocol::netlink;

netlink::Link GivenNames::as_it_came(netlink::Link link) {
    if (const auto& own_mac = known(link.index).own_mac) link.mac = own_mac;
    return link;
}

void GivenNames::give_name(RouteSocket& kernel, netlink::Link& link,
                           const config::NetworkConfig& config, const Log& log) {
    const std::string name = new_name_of(as_it_came(link), config);
    if (name.empty() || std::exchange(known(link.index).was_named, true)) return;
    const auto done = kernel.rename(link, name);
    if (!done) {
        log.warning(cat("network: ", done.error().message(), "; it stays ", link.name));
        return;
    }
    link.name = name;
}

void GivenNames::give_mac(RouteSocket& kernel, netlink::Link& link, const Mac& mac,
                          const Log& log) {
    if (link.mac == mac) return;
    const auto done = kernel.set_mac(link, mac);
    if (!done) {
        log.warning(cat("network ", link.name, ": ", done.error().message(), "; left as it is"));
        return;
    }
    known(link.index).own_mac = std::exchange(link.mac, mac);
}

void GivenNames::forget(int interface_index) {
    std::erase_if(all_, [&](const Known& one) { return one.interface_index == interface_index; });
}

GivenNames::Known& GivenNames::known(int interface_index) {
    for (Known& one : all_) {
        if (one.interface_index == interface_index) return one;
    }
    return all_.emplace_back(Known{.interface_index = interface_index});
}

}  // namespace nbdroot::agent::network
