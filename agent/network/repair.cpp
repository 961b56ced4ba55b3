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

std::string prefix(std::uint32_t address, std::uint8_t length_bits) {
    return cat(base::format_ipv4(address), '/', length_bits);
}

bool is_removal(const Repair& what) {
    return what.kind == Repair::Kind::remove_address || what.kind == Repair::Kind::remove_route;
}

std::string describe(const Repair& what, const Kept& kept) {
    switch (what.kind) {
        case Repair::Kind::set_up:
            return "link up";
        case Repair::Kind::set_mtu:
            return cat("MTU ", kept.mtu_bytes);
        case Repair::Kind::add_address:
            return cat("address ", prefix(kept.address.address, kept.address.length_bits));
        case Repair::Kind::remove_address: {
            const netlink::Address& former = kept.former_addresses[what.place];
            return cat("address ", prefix(former.address, former.length_bits));
        }
        case Repair::Kind::remove_route:
            return cat("route ", route_text(kept.former_routes[what.place]));
        case Repair::Kind::add_route:
            break;
    }
    return cat("route ", route_text(kept.routes[what.place]));
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
        case Repair::Kind::remove_address:
            return kernel.remove_address(kept.former_addresses[what.place]);
        case Repair::Kind::remove_route:
            return kernel.remove_route(kept.former_routes[what.place]);
        case Repair::Kind::add_route:
            break;
    }
    return kernel.add_route(kept.routes[what.place], netlink::OtherRoute::left);
}

// Carries out what KEPT lacks over LINK as far as it goes: what was put back, and the first error.
struct Work {
    std::string put_back;
    std::string removed;
    std::string trouble;
};

void put_back(Work& work, RouteSocket& kernel, const std::vector<Repair>& repairs, const Kept& kept,
              const netlink::Link& link) {
    for (const Repair& what : repairs) {
        const auto done = carry_out(kernel, what, kept, link);
        if (done) {
            std::string& list = is_removal(what) ? work.removed : work.put_back;
            const std::string object = describe(what, kept);
            // Once more after a removal took it along.
            if (list.find(object) == std::string::npos) {
                list += cat(list.empty() ? "" : ", ", object);
            }
        } else if (work.trouble.empty()) {
            work.trouble = done.error().message();
        }
    }
}

void append(std::string& line, std::string_view verb, std::string_view objects) {
    if (objects.empty()) return;
    line += cat(line.empty() ? "" : "; ", verb, objects);
}

void report(Outcome& outcome, const Work& work, const Kept& kept) {
    const bool is_change = !kept.former_addresses.empty() || !kept.former_routes.empty();
    std::string text;
    append(text, is_change ? "set " : "put back ", work.put_back);
    append(text, "removed ", work.removed);
    if (text.empty() && work.trouble.empty()) {
        outcome.level = Level::debug;
        text = "nothing is missing";
    }
    if (!work.trouble.empty()) {
        outcome.failed = true;
        outcome.level = Level::warning;
        append(text, "", cat(work.trouble, "; trying again in 1 s"));
    }
    put_text(outcome.line, cat("network ", kept.interface_name, ": ", text));
}

// What is there of KEPT over LINK. Whatever else the machine has (thousands of links, the routes of
// the Internet) is dropped as it arrives.
Result<Existing> look(RouteSocket& kernel, const Kept& kept, const netlink::Link& link) {
    const auto concerns = [&](const auto& item) {
        return is_kept(kept, item) || is_former(kept, item);
    };
    Existing seen{.links = {link}, .addresses = {}, .routes = {}};
    seen.addresses = NBDROOT_TRY(kernel.addresses(concerns));
    seen.routes = NBDROOT_TRY(kernel.routes(concerns));
    return seen;
}

// The lifetime of the address after REPAIRS: what we add has no end.
std::uint32_t address_seconds(const Kept& kept, const Existing& seen,
                              const std::vector<Repair>& repairs) {
    for (const Repair& what : repairs) {
        if (what.kind == Repair::Kind::add_address) return kNoEnd;
    }
    for (const netlink::Address& address : seen.addresses) {
        if (is_kept(kept, address)) return address.permanent ? kNoEnd : address.valid_seconds;
    }
    return 0;
}

// A removal may take more with it (repair_plan.h): another look, and in a third one nothing is
// missing.
constexpr int kLooks = 3;

Result<void> put_back_all(RouteSocket& kernel, const Kept& kept, const netlink::Link& link,
                          Outcome& outcome) {
    Work work;
    const Kept ours = move_to(kept, link);
    for (int i = 0; i < kLooks; ++i) {
        const Existing seen = NBDROOT_TRY(look(kernel, ours, link));
        const auto repairs = plan_repairs(kept, seen);
        outcome.address_seconds = address_seconds(ours, seen, repairs);
        put_back(work, kernel, repairs, ours, link);
        if (std::none_of(repairs.begin(), repairs.end(), is_removal)) break;
    }
    report(outcome, work, ours);
    return {};
}

Result<Outcome> look_and_repair(const Kept& kept) {
    Outcome outcome;
    auto kernel = NBDROOT_TRY(RouteSocket::open());
    const auto links = NBDROOT_TRY(
        kernel.links([&](const netlink::Link& link) { return may_be_kept(kept, link); }));
    const netlink::Link* link = find_kept(kept, links);
    if (link == nullptr) return outcome;
    outcome.interface_index = link->index;
    outcome.link_flags = link->flags;
    outcome.enslaved = link->enslaved;
    put_text(outcome.interface_name, link->name);
    NBDROOT_CHECK(put_back_all(kernel, kept, *link, outcome));
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
