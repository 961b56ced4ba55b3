// What is missing of the network that the root depends on. Pure.
//
// Only what is ours is looked at: other addresses and routes, and routes of others to the same
// destinations over the same interface (a network manager took over), are left alone.
#pragma once

#include <cstddef>
#include <vector>

#include "agent/network/candidates.h"
#include "agent/network/kept.h"
#include "lib/protocol/netlink/route.h"

namespace nbdroot::agent::network {

struct Repair {
    enum class Kind { set_up, set_mtu, add_address, add_route, remove_route, remove_address };
    Kind kind = Kind::set_up;
    // For add_route its place in Kept::routes, for remove_… in Kept::former_….
    std::size_t place = 0;

    bool operator==(const Repair&) const = default;
};

// The interface that is kept: that with its index, else the only one with its MAC (its driver was
// bound again). nullptr: there is none.
[[nodiscard]] const protocol::netlink::Link* find_kept(
    const Kept& kept, const std::vector<protocol::netlink::Link>& links);

// KEPT as it is to be over LINK, which find_kept() gave.
[[nodiscard]] Kept move_to(Kept kept, const protocol::netlink::Link& link);

// The repairs that SEEN needs, in their order; where something is removed another look is due, as
// the kernel may take more with it (a second address of the same network). An interface that has
// become part of a bond or bridge gets no address any more: it would hear nothing.
[[nodiscard]] std::vector<Repair> plan_repairs(const Kept& kept, const Existing& seen);

// Whether ADDRESS or ROUTE counts as one that is kept.
[[nodiscard]] bool is_kept(const Kept& kept, const protocol::netlink::Address& address);
[[nodiscard]] bool is_kept(const Kept& kept, const protocol::netlink::Route& route);
// Whether it was kept before a change of the lease, and is no more.
[[nodiscard]] bool is_former(const Kept& kept, const protocol::netlink::Address& address);
[[nodiscard]] bool is_former(const Kept& kept, const protocol::netlink::Route& route);
// Whether ROUTE, over another interface, may have replaced one that is kept.
[[nodiscard]] bool is_rival(const Kept& kept, const protocol::netlink::Route& route);
// Whether LINK may be the one that is kept.
[[nodiscard]] bool may_be_kept(const Kept& kept, const protocol::netlink::Link& link);

}  // namespace nbdroot::agent::network
