#include "agent/network/repair_plan.h"

#include <algorithm>

namespace nbdroot::agent::network {
namespace {

namespace netlink = protocol::netlink;

bool has_same_mac(const Kept& kept, const netlink::Link& link) {
    return kept.mac && link.mac == kept.mac && !link.enslaved && !link.is_loopback();
}

bool has_same_destination(const netlink::Route& one, const netlink::Route& other) {
    return one.length_bits == other.length_bits && one.destination == other.destination;
}

bool leads_to_same(const netlink::Route& one, const netlink::Route& other) {
    return one.interface_index == other.interface_index && has_same_destination(one, other);
}

}  // namespace

const netlink::Link* find_kept(const Kept& kept, const std::vector<netlink::Link>& links) {
    const netlink::Link* same_mac = nullptr;
    int count = 0;
    for (const netlink::Link& link : links) {
        if (link.index == kept.interface_index) return &link;
        if (!has_same_mac(kept, link)) continue;
        same_mac = &link;
        ++count;
    }
    return count == 1 ? same_mac : nullptr;
}

Kept move_to(Kept kept, const netlink::Link& link) {
    kept.interface_index = link.index;
    kept.interface_name = link.name;
    kept.address.interface_index = link.index;
    for (netlink::Route& route : kept.routes) route.interface_index = link.index;
    return kept;
}

bool is_kept(const Kept& kept, const netlink::Address& address) {
    return address.interface_index == kept.interface_index &&
           address.address == kept.address.address;
}

bool is_kept(const Kept& kept, const netlink::Route& route) {
    return std::any_of(kept.routes.begin(), kept.routes.end(),
                       [&](const netlink::Route& ours) { return leads_to_same(ours, route); });
}

bool is_rival(const Kept& kept, const netlink::Route& route) {
    return route.interface_index != kept.interface_index &&
           std::any_of(kept.routes.begin(), kept.routes.end(), [&](const netlink::Route& ours) {
               return has_same_destination(ours, route);
           });
}

bool may_be_kept(const Kept& kept, const netlink::Link& link) {
    return link.index == kept.interface_index || has_same_mac(kept, link);
}

std::vector<Repair> plan_repairs(const Kept& kept, const Existing& seen) {
    using Kind = Repair::Kind;
    std::vector<Repair> repairs;
    const netlink::Link* link = find_kept(kept, seen.links);
    if (link == nullptr) return repairs;
    const Kept ours = move_to(kept, *link);
    // A driver that was bound again knows nothing of an MTU; else it is whoever changed it who
    // knows.
    const bool is_new = link->index != kept.interface_index;
    if (is_new && kept.mtu_bytes != 0 && link->mtu_bytes != kept.mtu_bytes) {
        repairs.push_back({.kind = Kind::set_mtu});
    }
    if (!link->is_up()) repairs.push_back({.kind = Kind::set_up});
    if (link->enslaved) return repairs;
    const auto is_ours = [&](const netlink::Address& address) { return is_kept(ours, address); };
    if (ours.address.address != 0 &&
        std::none_of(seen.addresses.begin(), seen.addresses.end(), is_ours)) {
        repairs.push_back({.kind = Kind::add_address});
    }
    for (std::size_t i = 0; i < ours.routes.size(); ++i) {
        const auto is_there = [&](const netlink::Route& route) {
            return leads_to_same(ours.routes[i], route);
        };
        if (std::none_of(seen.routes.begin(), seen.routes.end(), is_there)) {
            repairs.push_back({.kind = Kind::add_route, .route = i});
        }
    }
    return repairs;
}

}  // namespace nbdroot::agent::network
