#include "agent/network/repair_plan.h"

#include "tests/support/catch.h"

namespace nbdroot::agent::network {
namespace {

namespace netlink = protocol::netlink;
using Kind = Repair::Kind;

constexpr Mac kMac = {0x52, 0x54, 0, 0x12, 0x34, 0x56};
constexpr std::uint32_t kReady = 0x11043;
constexpr std::uint32_t kNoCarrier = 0x1003;
constexpr std::uint32_t kDown = 0x1002;

netlink::Link link(int index, std::uint32_t flags = kReady) {
    netlink::Link result;
    result.index = index;
    result.hardware_type = netlink::kHardwareEthernet;
    result.flags = flags;
    result.name = "eth0";
    result.mac = kMac;
    result.mtu_bytes = 1500;
    return result;
}

netlink::Address address(int index = 2) {
    return {.interface_index = index, .address = 0x0a4d0014, .length_bits = 24};
}

netlink::Route default_route(int index = 2, std::uint32_t gateway = 0x0a4d0001) {
    return {.interface_index = index, .gateway = gateway};
}

netlink::Route far_route() {
    return {
        .interface_index = 2, .destination = 0x0a630000, .length_bits = 16, .gateway = 0x0a4d00fd};
}

Kept kept() {
    return {.interface_index = 2,
            .interface_name = "eth0",
            .mac = kMac,
            .address = address(),
            .routes = {far_route(), default_route()},
            .mtu_bytes = 1500};
}

Existing all_there() {
    return {.links = {link(2)}, .addresses = {address()}, .routes = {far_route(), default_route()}};
}

const std::vector<Repair> kNothing;

}  // namespace

TEST_CASE("where nothing is missing nothing is repaired") {
    CHECK(plan_repairs(kept(), all_there()) == kNothing);
    Existing without_carrier = all_there();
    without_carrier.links = {link(2, kNoCarrier)};
    CHECK(plan_repairs(kept(), without_carrier) == kNothing);
}

TEST_CASE("a link that was set down is set up, and its routes come back after that") {
    Existing seen = all_there();
    seen.links = {link(2, kDown)};
    seen.routes = {};
    CHECK(plan_repairs(kept(), seen) == std::vector<Repair>{{.kind = Kind::set_up},
                                                            {.kind = Kind::add_route, .place = 0},
                                                            {.kind = Kind::add_route, .place = 1}});
}

TEST_CASE("an address that was deleted comes back before the routes over it") {
    const Existing seen{.links = {link(2)}, .addresses = {}, .routes = {}};
    CHECK(plan_repairs(kept(), seen) == std::vector<Repair>{{.kind = Kind::add_address},
                                                            {.kind = Kind::add_route, .place = 0},
                                                            {.kind = Kind::add_route, .place = 1}});
}

TEST_CASE("a route that was deleted comes back") {
    Existing seen = all_there();
    seen.routes = {far_route()};
    CHECK(plan_repairs(kept(), seen) == std::vector<Repair>{{.kind = Kind::add_route, .place = 1}});
    seen.routes = {default_route()};
    CHECK(plan_repairs(kept(), seen) == std::vector<Repair>{{.kind = Kind::add_route, .place = 0}});
}

TEST_CASE("the address on another interface is not ours") {
    Existing seen = all_there();
    seen.addresses = {address(3)};
    CHECK(plan_repairs(kept(), seen) == std::vector<Repair>{{.kind = Kind::add_address}});
}

TEST_CASE("the address with another prefix length is left as it is") {
    Existing seen = all_there();
    seen.addresses.front().length_bits = 16;
    CHECK(plan_repairs(kept(), seen) == kNothing);
}

TEST_CASE("a default route that replaced ours on the same interface is left") {
    Existing seen = all_there();
    seen.routes = {far_route(), default_route(2, 0x0a4d00fe)};
    CHECK(plan_repairs(kept(), seen) == kNothing);
}

TEST_CASE("a default route over another interface is none for us") {
    Existing seen = all_there();
    seen.routes = {far_route(), default_route(3)};
    CHECK(plan_repairs(kept(), seen) == std::vector<Repair>{{.kind = Kind::add_route, .place = 1}});
}

TEST_CASE("a route to our destination over another interface may have replaced ours") {
    CHECK(is_rival(kept(), default_route(3)));
    CHECK_FALSE(is_rival(kept(), default_route(2, 0x0a4d00fe)));
    CHECK_FALSE(is_rival(kept(), {.interface_index = 3, .destination = 0x0a630000}));
    CHECK_FALSE(is_rival(Kept{}, default_route(3)));
}

TEST_CASE("a route to a part of the destination is another route") {
    Existing seen = all_there();
    seen.routes.front().length_bits = 24;
    CHECK(plan_repairs(kept(), seen) == std::vector<Repair>{{.kind = Kind::add_route, .place = 0}});
}

TEST_CASE("an interface that is gone leaves nothing to repair") {
    Existing seen = all_there();
    seen.links.front().index = 3;
    seen.links.front().mac = Mac{};
    CHECK(plan_repairs(kept(), seen) == kNothing);
}

TEST_CASE("an interface that has become part of a bridge is set up and gets nothing else") {
    Existing seen{.links = {link(2, kDown)}, .addresses = {}, .routes = {}};
    seen.links.front().enslaved = true;
    CHECK(plan_repairs(kept(), seen) == std::vector<Repair>{{.kind = Kind::set_up}});
}

TEST_CASE("an interface whose address has an owner is only set up") {
    Kept only_link = kept();
    only_link.address = {};
    only_link.routes = {};
    const Existing seen{.links = {link(2, kDown)}, .addresses = {}, .routes = {}};
    CHECK(plan_repairs(only_link, seen) == std::vector<Repair>{{.kind = Kind::set_up}});
}

TEST_CASE("an interface that is back under another index gets everything, its MTU first") {
    Kept jumbo = kept();
    jumbo.mtu_bytes = 9000;
    const Existing seen{.links = {link(7, kDown)}, .addresses = {address(2)}, .routes = {}};
    CHECK(plan_repairs(jumbo, seen) == std::vector<Repair>{{.kind = Kind::set_mtu},
                                                           {.kind = Kind::set_up},
                                                           {.kind = Kind::add_address},
                                                           {.kind = Kind::add_route, .place = 0},
                                                           {.kind = Kind::add_route, .place = 1}});
    const Kept moved = move_to(jumbo, seen.links.front());
    CHECK(moved.interface_index == 7);
    CHECK(moved.address.interface_index == 7);
    CHECK(moved.routes.front().interface_index == 7);
    CHECK(moved.routes.back().interface_index == 7);
}

TEST_CASE("an MTU that somebody changed is left") {
    Existing seen = all_there();
    seen.links.front().mtu_bytes = 9000;
    CHECK(plan_repairs(kept(), seen) == kNothing);
}

TEST_CASE("with the index there, another interface with the same MAC is not looked at") {
    const std::vector<netlink::Link> links = {link(5), link(2, kDown), link(6)};
    CHECK(find_kept(kept(), links)->index == 2);
}

TEST_CASE("of two interfaces with the MAC of a lost one neither is taken") {
    CHECK(find_kept(kept(), {link(5)})->index == 5);
    CHECK(find_kept(kept(), {link(5), link(6)}) == nullptr);
    netlink::Link part_of_bond = link(6);
    part_of_bond.enslaved = true;
    CHECK(find_kept(kept(), {link(5), part_of_bond})->index == 5);
    CHECK(find_kept(kept(), {part_of_bond}) == nullptr);
}

TEST_CASE("without a MAC a lost interface is not found again") {
    Kept nameless = kept();
    nameless.mac.reset();
    netlink::Link other = link(5);
    other.mac.reset();
    CHECK(find_kept(nameless, {other}) == nullptr);
}

TEST_CASE("where nothing is kept nothing is repaired") {
    CHECK(plan_repairs(Kept{}, {.links = {link(2, kDown)}, .addresses = {}, .routes = {}}) ==
          kNothing);
}

namespace {

// The lease gave another address and another gateway.
Kept changed() {
    Kept changed = kept();
    changed.former_addresses = {changed.address};
    changed.former_routes = {default_route()};
    changed.address.address = 0x0a4d0046;
    changed.routes = {far_route(), default_route(2, 0x0a4d0002)};
    return changed;
}

}  // namespace

TEST_CASE("after a change of the lease the new comes before the old goes") {
    CHECK(plan_repairs(changed(), all_there()) ==
          std::vector<Repair>{{.kind = Kind::add_address},
                              {.kind = Kind::add_route, .place = 1},
                              {.kind = Kind::remove_route, .place = 0},
                              {.kind = Kind::remove_address, .place = 0}});
}

TEST_CASE("what is former and gone needs no removal") {
    Existing seen = all_there();
    seen.addresses = {changed().address};
    seen.routes = changed().routes;
    CHECK(plan_repairs(changed(), seen) == kNothing);
}

TEST_CASE("the same address with another length is set, then the old one removed") {
    Kept wider = kept();
    wider.former_addresses = {wider.address};
    wider.address.length_bits = 16;
    CHECK(plan_repairs(wider, all_there()) ==
          std::vector<Repair>{{.kind = Kind::add_address},
                              {.kind = Kind::remove_address, .place = 0}});
}

TEST_CASE("an address with an end is left alone until it is reclaimed") {
    Existing seen = all_there();
    seen.addresses.front().permanent = false;
    Kept ours = kept();
    CHECK(plan_repairs(ours, seen) == kNothing);
    ours.is_reclaimed = true;
    CHECK(plan_repairs(ours, seen) == std::vector<Repair>{{.kind = Kind::add_address}});
    seen.addresses.front().permanent = true;
    CHECK(plan_repairs(ours, seen) == kNothing);
}

}  // namespace nbdroot::agent::network
