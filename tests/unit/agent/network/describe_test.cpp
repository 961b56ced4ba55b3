#include "agent/network/network.h"
#include "tests/support/catch.h"

namespace nbdroot::agent::network {
namespace {

Network network() {
    Network network;
    network.interface_index = 2;
    network.interface_name = "eth0";
    network.address = {.address = 0x0a00020f, .length_bits = 24};
    network.gateway = 0x0a000202;
    return network;
}

Network leased(std::uint32_t seconds) {
    Network result = network();
    result.dhcp_server = 0x0a000202;
    result.lease_seconds = seconds;
    return result;
}

}  // namespace

TEST_CASE("the line for people says what there is and where it came from") {
    CHECK(describe(leased(86400)) ==
          "network eth0 10.0.2.15/24 via 10.0.2.2 (dhcp 10.0.2.2, lease 24 h)");
    CHECK(describe(network()) == "network eth0 10.0.2.15/24 via 10.0.2.2 (static)");
    Network alone = network();
    alone.gateway.reset();
    CHECK(describe(alone) == "network eth0 10.0.2.15/24 (static)");
    CHECK(describe({}) == "network left alone, no interface has an address");
}

TEST_CASE("lease times are told in the largest unit that is exact") {
    const auto ends_with = [](std::uint32_t seconds, const std::string& end) {
        return describe(leased(seconds)).ends_with(end);
    };
    CHECK(ends_with(3600, "lease 1 h)"));
    CHECK(ends_with(5400, "lease 90 min)"));
    CHECK(ends_with(90, "lease 90 s)"));
    CHECK(ends_with(UINT32_MAX, "lease for ever)"));
}

}  // namespace nbdroot::agent::network
