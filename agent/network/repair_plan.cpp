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

bool is_same(const netlink::Address& one, const netlink::Address& other) {
    return one.interface_index == other.interface_index && one.address == other.address &&
           one.length_bits == other.length_bits;
}

bool is_same(const netlink::Route& one, const netlink::Route& other) {
    return leads_to_same(one, other) && one.gateway == other.gateway && one.metric == other.metric;
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
    for (netlink::Address& former : kept.former_addresses) former.interface_index = link.index;
    for (netlink::Route& former : kept.former_routes) former.interface_index = link.index;
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

bool is_former(const Kept& kept, const netlink::Address& address) {
    return std::any_of(kept.former_addresses.begin(), kept.former_addresses.end(),
                       [&](const netlink::Address& former) { return is_same(former, address); });
}

bool is_former(const Kept& kept, const netlink::Route& route) {
    return std::any_of(kept.former_routes.begin(), kept.former_routes.end(),
                       [&](const netlink::Route& former) { return is_same(former, route); });
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

namespace {

// With the length that it is to have: another one is another address.
bool has_address(const Kept& ours, const Existing& seen) {
    return std::any_of(seen.addresses.begin(), seen.addresses.end(),
                       [&](const netlink::Address& address) {
                           if (!is_kept(ours, address) || is_former(ours, address)) return false;
                           return address.permanent || !ours.is_reclaimed;
                       });
}

template <class T>
void add_removals(std::vector<Repair>& repairs, Repair::Kind kind, const std::vector<T>& former,
                  const std::vector<T>& seen) {
    for (std::size_t i = 0; i < former.size(); ++i) {
        const auto is_there = [&](const T& item) { return is_same(former[i], item); };
        if (std::any_of(seen.begin(), seen.end(), is_there)) {
            repairs.push_back({.kind = kind, .place = i});
        }
    }
}

}  // namespace

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
    if (ours.address.address != 0 && !has_address(ours, seen)) {
        repairs.push_back({.kind = Kind::add_address});
    }
    for (std::size_t i = 0; i < ours.routes.size(); ++i) {
        const auto is_there = [&](const netlink::Route& route) {
            return leads_to_same(ours.routes[i], route) && !is_former(ours, route);
        };
        if (std::none_of(seen.routes.begin(), seen.routes.end(), is_there)) {
            repairs.push_back({.kind = Kind::add_route, .place = i});
        }
    }
    // Routes first: they may go over what the address brought with it.
    add_removals(repairs, Kind::remove_route, ours.former_routes, seen.routes);
    add_removals(repairs, Kind::remove_address, ours.former_addresses, seen.addresses);
    return repairs;
}

}  // namespace nbdroot::agent::network
