#include "agent/handover/network.h"

#include "tests/support/catch.h"
#include "tests/unit/agent/handover/sample.h"

using namespace nbdroot::agent;
using nbdroot::tests::by_dhcp;

TEST_CASE("a host name is given where ip= has it, not where DHCP has") {
    config::NetworkConfig config;
    CHECK_FALSE(handover::is_host_name_given(config, by_dhcp()));
    config.interfaces.resize(2);
    CHECK_FALSE(handover::is_host_name_given(config, by_dhcp()));
    config.interfaces[1].host_name = "kiosk-7";
    CHECK(handover::is_host_name_given(config, by_dhcp()));
    CHECK_FALSE(handover::is_host_name_given(config, {}));
}

TEST_CASE("an address that nobody keeps is not taken from whoever manages the network") {
    auto network = by_dhcp();
    CHECK_FALSE(handover::is_kept(network));
    network.lease.emplace();
    CHECK(handover::is_kept(network));
    network.lease.reset();
    network.kept.address.address = network.address.address;
    CHECK(handover::is_kept(network));
}
