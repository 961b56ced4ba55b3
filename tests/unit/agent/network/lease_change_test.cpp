#include "agent/network/lease_change.h"

#include "tests/support/catch.h"

namespace nbdroot::agent::network {
namespace {

namespace netlink = protocol::netlink;
using protocol::dhcp4::Lease;

constexpr std::uint32_t kOld = 0x0a4d0032;
constexpr std::uint32_t kNew = 0x0a4d0046;
constexpr std::uint32_t kGateway = 0x0a4d0001;

Lease lease(std::uint32_t address, std::uint32_t gateway = kGateway) {
    return {.address = address, .length_bits = 24, .routes = {{.gateway = gateway}}};
}

netlink::Address address(std::uint32_t of) {
    return {.interface_index = 2, .address = of, .length_bits = 24, .broadcast = 0x0a4d00ff};
}

netlink::Route default_route(std::uint32_t gateway = kGateway) {
    return {.interface_index = 2, .gateway = gateway, .metric = 7};
}

// By rd.route=.
netlink::Route own_route() {
    return {.interface_index = 2, .destination = 0x0a000000, .length_bits = 8, .gateway = kGateway};
}

Kept kept() {
    return {.interface_index = 2,
            .interface_name = "eth0",
            .mac = std::nullopt,
            .address = address(kOld),
            .routes = {default_route(), own_route()}};
}

}  // namespace

TEST_CASE("a lease that is renewed changes nothing") {
    Lease renewed = lease(kOld);
    renewed.since = Instant(Duration(5));
    renewed.server = 1;
    CHECK(move_to_lease(kept(), lease(kOld), renewed) == kept());
}

TEST_CASE("another address takes the place of the old one, which becomes former") {
    Kept expected = kept();
    expected.address = address(kNew);
    expected.former_addresses = {address(kOld)};
    CHECK(move_to_lease(kept(), lease(kOld), lease(kNew)) == expected);
}

TEST_CASE("another length is another address") {
    Lease wider = lease(kOld);
    wider.length_bits = 16;
    const Kept moved = move_to_lease(kept(), lease(kOld), wider);
    CHECK(moved.address.length_bits == 16);
    CHECK(moved.former_addresses == std::vector{address(kOld)});
}

TEST_CASE("another gateway replaces the old one, with its metric; routes of others stay") {
    const Kept moved = move_to_lease(kept(), lease(kOld), lease(kOld, kGateway + 1));
    CHECK(moved.routes == std::vector{own_route(), default_route(kGateway + 1)});
    CHECK(moved.former_routes == std::vector{default_route()});
    CHECK(moved.former_addresses.empty());
}

TEST_CASE("a change that is taken back before it is done leaves nothing former of it") {
    const Lease old = lease(kOld);
    const Lease other = lease(kNew, kGateway + 1);
    const Kept back = move_to_lease(move_to_lease(kept(), old, other), other, old);
    CHECK(back.address == address(kOld));
    CHECK(back.former_addresses == std::vector{address(kNew)});
    CHECK(back.former_routes == std::vector{default_route(kGateway + 1)});
}

}  // namespace nbdroot::agent::network
