// What a boot sets on an interface that it tries, and how that is taken back from one that it does
// not use in the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "agent/network/kept.h"
#include "agent/network/route_socket.h"
#include "agent/network/setup.h"
#include "lib/base/log.h"
#include "lib/base/result.h"
#include "lib/protocol/netlink/route.h"

namespace nbdroot::agent::network {

struct Changes {
    bool set_up = false;
    std::uint32_t mtu_before_bytes = 0;            // 0: the MTU was not changed
    protocol::netlink::Address address;            // address 0: none was added
    std::vector<protocol::netlink::Route> routes;  // in the order in which they were added

    bool operator==(const Changes&) const = default;
};

struct Undo {
    enum class Kind { remove_route, remove_address, set_mtu, set_down };
    Kind kind = Kind::remove_route;
    std::size_t route = 0;  // its place in Changes::routes; for remove_route

    bool operator==(const Undo&) const = default;
};

// Pure. In their order: a link that goes down takes its routes along, but not its address.
[[nodiscard]] std::vector<Undo> plan_undo(const Changes& changes);

// Pure. The addresses and routes of BEFORE that are not in NOW: another lease has replaced them.
[[nodiscard]] Changes left_over(const Changes& before, const Changes& now);

// While several interfaces are tried each one's routes have this metric, or they would replace each
// other: a socket that is bound to an interface finds those over it.
[[nodiscard]] std::uint32_t trial_metric(int interface_index);

// Gives LINK what SETUP wants, its routes with the metric of a trial, and notes it in CHANGES. A
// route or an MTU that cannot be set is a warning. What is returned is to be kept once the
// interface has been chosen; its routes have the usual metric.
[[nodiscard]] Result<Kept> carry_out(RouteSocket& kernel, const protocol::netlink::Link& link,
                                     const Setup& setup, Changes& changes, const Log& log);

// The interface is chosen: its routes get the usual metric.
void prefer(RouteSocket& kernel, const protocol::netlink::Link& link, const Kept& kept,
            Changes& changes, const Log& log);

// As far as it goes; each failure is a warning.
void take_back(RouteSocket& kernel, const protocol::netlink::Link& link, const Changes& changes,
               const Log& log);

}  // namespace nbdroot::agent::network
