#include "agent/network/changes.h"

#include <algorithm>
#include <iterator>

#include "lib/base/text.h"

namespace nbdroot::agent::network {
namespace {

namespace netlink = protocol::netlink;

// Behind every route that somebody sets by hand, and different for each interface.
constexpr std::uint32_t kFirstTrialMetric = 20'000;

void warn(const Log& log, const netlink::Link& link, const Error& error, const char* next) {
    log.warning(cat("network ", link.name, ": ", error.message(), "; ", next));
}

Result<void> carry_out(RouteSocket& kernel, const netlink::Link& link, const Changes& changes,
                       const Undo& undo) {
    switch (undo.kind) {
        case Undo::Kind::remove_route:
            return kernel.remove_route(changes.routes[undo.route]);
        case Undo::Kind::remove_address:
            return kernel.remove_address(changes.address);
        case Undo::Kind::set_mtu:
            return kernel.set_mtu(link.index, changes.mtu_before_bytes);
        case Undo::Kind::set_down:
            break;
    }
    return kernel.set_down(link);
}

std::uint32_t set_mtu(RouteSocket& kernel, const netlink::Link& link, const Setup& setup,
                      Changes& changes, const Log& log) {
    if (setup.mtu_bytes == 0 || setup.mtu_bytes == link.mtu_bytes) return link.mtu_bytes;
    // The driver's limit may be lower: its own MTU works too.
    if (const auto done = kernel.set_mtu(link.index, setup.mtu_bytes); !done) {
        warn(log, link, done.error(), "left as it is");
        return link.mtu_bytes;
    }
    if (changes.mtu_before_bytes == 0) changes.mtu_before_bytes = link.mtu_bytes;
    return setup.mtu_bytes;
}

}  // namespace

std::vector<Undo> plan_undo(const Changes& changes) {
    using Kind = Undo::Kind;
    std::vector<Undo> plan;
    // The last one first: gateways of the later ones may lie behind the earlier ones.
    for (std::size_t i = changes.routes.size(); i > 0; --i) {
        plan.push_back({.kind = Kind::remove_route, .route = i - 1});
    }
    if (changes.address.address != 0) plan.push_back({.kind = Kind::remove_address});
    if (changes.mtu_before_bytes != 0) plan.push_back({.kind = Kind::set_mtu});
    if (changes.set_up) plan.push_back({.kind = Kind::set_down});
    return plan;
}

Changes left_over(const Changes& before, const Changes& now) {
    Changes left;
    const auto is_gone = [&](const netlink::Route& route) {
        return std::find(now.routes.begin(), now.routes.end(), route) == now.routes.end();
    };
    std::copy_if(before.routes.begin(), before.routes.end(), std::back_inserter(left.routes),
                 is_gone);
    const bool is_same = before.address.address == now.address.address &&
                         before.address.length_bits == now.address.length_bits;
    if (!is_same) left.address = before.address;
    return left;
}

std::uint32_t trial_metric(int interface_index) {
    return kFirstTrialMetric + static_cast<std::uint32_t>(interface_index);
}

Result<Kept> carry_out(RouteSocket& kernel, const netlink::Link& link, const Setup& setup,
                       Changes& changes, const Log& log) {
    Kept kept{.interface_index = link.index,
              .interface_name = link.name,
              .mac = link.mac,
              .address = setup.address,
              .routes = {},
              .mtu_bytes = set_mtu(kernel, link, setup, changes, log)};
    NBDROOT_CHECK(kernel.add_address(setup.address));
    changes.address = setup.address;
    changes.routes.clear();
    for (const netlink::Route& route : setup.routes) {
        netlink::Route on_trial = route;
        on_trial.metric = trial_metric(link.index);
        if (const auto done = kernel.add_route(on_trial); !done) {
            // One of many routes must not keep a machine from booting; the server may be near.
            warn(log, link, done.error(), "going on without");
            continue;
        }
        kept.routes.push_back(route);
        changes.routes.push_back(on_trial);
    }
    return kept;
}

// First the new ones: connections must not be without a route.
void prefer(RouteSocket& kernel, const netlink::Link& link, const Kept& kept, Changes& changes,
            const Log& log) {
    for (const netlink::Route& route : kept.routes) {
        if (const auto done = kernel.add_route(route); !done) {
            return warn(log, link, done.error(), "it keeps its high metric");
        }
    }
    Changes before = changes;
    changes.routes = kept.routes;
    take_back(kernel, link, left_over(before, changes), log);
}

void take_back(RouteSocket& kernel, const netlink::Link& link, const Changes& changes,
               const Log& log) {
    for (const Undo& undo : plan_undo(changes)) {
        if (const auto done = carry_out(kernel, link, changes, undo); !done) {
            warn(log, link, done.error(), "left as it is");
        }
    }
}

}  // namespace nbdroot::agent::network
