#include "agent/network/changes.h"

#include "agent/network/uplinks.h"
#include "tests/support/catch.h"

namespace nbdroot::agent::network {
namespace {

namespace netlink = protocol::netlink;
using Kind = Undo::Kind;

constexpr netlink::Address kAddress{.interface_index = 2, .address = 0x0a00020f, .length_bits = 24};
constexpr netlink::Route kHostRoute{
    .interface_index = 2, .destination = 0x0a000301, .length_bits = 32, .metric = 20002};
constexpr netlink::Route kDefaultRoute{
    .interface_index = 2, .gateway = 0x0a000301, .metric = 20002};

}  // namespace

TEST_CASE("an interface that was not touched is left alone") { CHECK(plan_undo({}).empty()); }

TEST_CASE("a loser loses its routes, the last one first, its address, its MTU, and goes down") {
    const Changes changes{.set_up = true,
                          .mtu_before_bytes = 1500,
                          .address = kAddress,
                          .routes = {kHostRoute, kDefaultRoute}};
    CHECK(plan_undo(changes) == std::vector<Undo>{{.kind = Kind::remove_route, .route = 1},
                                                  {.kind = Kind::remove_route, .route = 0},
                                                  {.kind = Kind::remove_address},
                                                  {.kind = Kind::set_mtu},
                                                  {.kind = Kind::set_down}});
}

TEST_CASE("a link that somebody else has set up stays up") {
    const Changes changes{.address = kAddress, .routes = {}};
    CHECK(plan_undo(changes) == std::vector<Undo>{{.kind = Kind::remove_address}});
}

TEST_CASE("a renewed lease leaves nothing over") {
    const Changes changes{
        .set_up = true, .mtu_before_bytes = 1500, .address = kAddress, .routes = {kDefaultRoute}};
    CHECK(left_over(changes, changes) == Changes{});
}

TEST_CASE("of a replaced lease the address and the routes go, the link stays up") {
    const Changes before{.set_up = true,
                         .mtu_before_bytes = 1500,
                         .address = kAddress,
                         .routes = {kHostRoute, kDefaultRoute}};
    Changes now = before;
    now.address.address += 1;
    now.routes = {kHostRoute};
    const Changes expected{.address = kAddress, .routes = {kDefaultRoute}};
    CHECK(left_over(before, now) == expected);
}

TEST_CASE("an address with another prefix is another address") {
    const Changes before{.address = kAddress, .routes = {}};
    Changes now = before;
    now.address.length_bits = 16;
    CHECK(left_over(before, now).address == kAddress);
}

TEST_CASE("routes on trial do not replace each other, nor those of others") {
    CHECK(trial_metric(2) != trial_metric(3));
    CHECK(trial_metric(1) > 10'000);
}

TEST_CASE("a wait is reported after 1, 10, 30 and 90 s, and each minute after that") {
    std::vector<int> at;
    Duration elapsed{0};
    while (at.size() < 6) {
        elapsed += until_next_report(elapsed);
        at.push_back(static_cast<int>(elapsed.count() / 1000));
    }
    CHECK(at == std::vector{1, 10, 30, 90, 150, 210});
}

}  // namespace nbdroot::agent::network
