#include "agent/network/repair.h"

#include <algorithm>
#include <string>
#include <vector>

#include "agent/network/repair_plan.h"
#include "agent/network/route_socket.h"
#include "lib/base/ipv4.h"
#include "lib/base/text.h"

namespace nbdroot::agent::network {
namespace {

namespace netlink = protocol::netlink;

template <std::size_t Size>
void put_text(std::array<char, Size>& into, std::string_view text) {
    into = {};
    text.copy(into.data(), Size);
}

template <std::size_t Size>
std::string_view text_of(const std::array<char, Size>& from) {
    return {from.data(),
            static_cast<std::size_t>(std::find(from.begin(), from.end(), '\0') - from.begin())};
}

std::string describe(const Repair& what, const Kept& kept) {
    const auto prefix = [](std::uint32_t address, std::uint8_t length_bits) {
        return cat(base::format_ipv4(address), '/', length_bits);
    };
    switch (what.kind) {
        case Repair::Kind::set_up:
            return "link up";
        case Repair::Kind::set_mtu:
            return cat("MTU ", kept.mtu_bytes);
        case Repair::Kind::add_address:
            return cat("address ", prefix(kept.address.address, kept.address.length_bits));
        case Repair::Kind::add_route:
            break;
    }
    const netlink::Route& route = kept.routes[what.route];
    return cat("route ", prefix(route.destination, route.length_bits), " via ",
               base::format_ipv4(route.gateway));
}

Result<void> carry_out(RouteSocket& kernel, const Repair& what, const Kept& kept,
                       const netlink::Link& link) {
    switch (what.kind) {
        case Repair::Kind::set_up:
            return kernel.set_up(link);
        case Repair::Kind::set_mtu:
            return kernel.set_mtu(link.index, kept.mtu_bytes);
        case Repair::Kind::add_address:
            return kernel.add_address(kept.address);
        case Repair::Kind::add_route:
            break;
    }
    return kernel.add_route(kept.routes[what.route], netlink::OtherRoute::left);
}

// Carries out what KEPT lacks over LINK as far as it goes: what was put back, and the first error.
struct Work {
    std::string put_back;
    std::string trouble;
};

Work put_back(RouteSocket& kernel, const std::vector<Repair>& repairs, const Kept& kept,
              const netlink::Link& link) {
    Work work;
    for (const Repair& what : repairs) {
        const auto done = carry_out(kernel, what, kept, link);
        if (done) {
            work.put_back += cat(work.put_back.empty() ? "" : ", ", describe(what, kept));
        } else if (work.trouble.empty()) {
            work.trouble = done.error().message();
        }
    }
    return work;
}

void report(Outcome& outcome, const Work& work, std::string_view name) {
    std::string line = cat("network ", name, ": ");
    if (work.put_back.empty() && work.trouble.empty()) {
        outcome.level = Level::debug;
        line += "nothing is missing";
    }
    if (!work.put_back.empty()) line += cat("put back ", work.put_back);
    if (!work.trouble.empty()) {
        outcome.failed = true;
        outcome.level = Level::warning;
        line += cat(work.put_back.empty() ? "" : "; ", work.trouble, "; trying again in 1 s");
    }
    put_text(outcome.line, line);
}

Result<Outcome> look_and_repair(const Kept& kept) {
    Outcome outcome;
    auto kernel = NBDROOT_TRY(RouteSocket::open());
    // Whatever else the machine has (thousands of links, the routes of the Internet) is dropped as
    // it arrives.
    Existing seen{.links = NBDROOT_TRY(kernel.links(
                      [&](const netlink::Link& link) { return may_be_kept(kept, link); })),
                  .addresses = {},
                  .routes = {}};
    const netlink::Link* link = find_kept(kept, seen.links);
    if (link == nullptr) return outcome;
    const Kept ours = move_to(kept, *link);
    seen.addresses = NBDROOT_TRY(
        kernel.addresses([&](const netlink::Address& address) { return is_kept(ours, address); }));
    seen.routes = NBDROOT_TRY(
        kernel.routes([&](const netlink::Route& route) { return is_kept(ours, route); }));

    outcome.interface_index = link->index;
    outcome.link_flags = link->flags;
    outcome.enslaved = link->enslaved;
    put_text(outcome.interface_name, link->name);
    report(outcome, put_back(kernel, plan_repairs(kept, seen), ours, *link), link->name);
    return outcome;
}

}  // namespace

std::string_view Outcome::name_text() const { return text_of(interface_name); }
std::string_view Outcome::line_text() const { return text_of(line); }

Outcome repair(const Kept& kept) {
    auto outcome = look_and_repair(kept);
    if (outcome) return *outcome;
    Outcome failed;
    failed.failed = true;
    failed.level = Level::warning;
    put_text(failed.line, cat("network ", kept.interface_name, ": ", outcome.error().message(),
                              "; looking again in 1 s"));
    return failed;
}

}  // namespace nbdroot::agent::network
