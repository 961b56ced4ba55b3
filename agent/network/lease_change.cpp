#include "agent/network/lease_change.h"

#include <algorithm>

#include "agent/network/setup.h"

namespace nbdroot::agent::network {
namespace {

namespace netlink = protocol::netlink;

// As at boot, but for what the command line may have added.
Setup setup_over(const Kept& kept, const protocol::dhcp4::Lease& lease) {
    netlink::Link link;
    link.index = kept.interface_index;
    link.name = kept.interface_name;
    const config::InterfaceConfig interface;
    const config::NetworkConfig network;
    return setup_of_lease({.link = link, .config = interface, .network = network}, lease);
}

bool is_same(const netlink::Route& one, const netlink::Route& other) {
    return one.destination == other.destination && one.length_bits == other.length_bits &&
           one.gateway == other.gateway;
}

bool has(const std::vector<netlink::Route>& routes, const netlink::Route& route) {
    return std::any_of(routes.begin(), routes.end(),
                       [&](const netlink::Route& one) { return is_same(one, route); });
}

}  // namespace

Kept move_to_lease(Kept kept, const protocol::dhcp4::Lease& before,
                   const protocol::dhcp4::Lease& after) {
    const Setup old = setup_over(kept, before);
    Setup next = setup_over(kept, after);
    std::uint32_t metric = 0;
    std::vector<netlink::Route> routes;
    for (const netlink::Route& route : kept.routes) {
        const bool is_leased = has(old.routes, route);
        if (is_leased) metric = route.metric;
        if (!is_leased || has(next.routes, route)) routes.push_back(route);
        if (is_leased && !has(next.routes, route)) kept.former_routes.push_back(route);
    }
    for (netlink::Route& route : next.routes) {
        route.metric = metric;
        if (!has(routes, route)) routes.push_back(route);
    }
    kept.routes = std::move(routes);
    const bool is_moved = next.address.address != kept.address.address ||
                          next.address.length_bits != kept.address.length_bits;
    if (is_moved) kept.former_addresses.push_back(kept.address);
    std::erase_if(kept.former_addresses, [&](const netlink::Address& former) {
        return former.address == next.address.address &&
               former.length_bits == next.address.length_bits;
    });
    std::erase_if(kept.former_routes,
                  [&](const netlink::Route& former) { return has(kept.routes, former); });
    if (is_moved) kept.address = next.address;
    return kept;
}

}  // namespace nbdroot::agent::network
