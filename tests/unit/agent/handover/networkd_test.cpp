#include "agent/handover/networkd.h"

#include "tests/support/catch.h"
#include "tests/unit/agent/handover/sample.h"

using nbdroot::agent::handover::networkd_file;
using nbdroot::tests::by_dhcp;

namespace {

// Without the words to people.
std::string settings(const nbdroot::agent::network::Network& network) {
    const std::string text = networkd_file(network);
    return text.substr(text.find("[Match]"));
}

}  // namespace

TEST_CASE("networkd keeps what it finds and learns the servers of names and time") {
    CHECK(settings(by_dhcp()) ==
          "[Match]\nMACAddress=52:54:00:12:34:56\n"
          "Kind=!bridge bond team vlan macvlan macvtap ipvlan ipvtap vrf\n\n"
          "[Network]\nDHCP=no\nKeepConfiguration=yes\nConfigureWithoutCarrier=yes\n"
          "IgnoreCarrierLoss=yes\nDNS=10.77.0.1 10.77.0.2\n"
          "Domains=lab.example.org example.org\nNTP=10.77.0.3\n");
}

TEST_CASE("an interface without a MAC is known to networkd by its name, and has no empty keys") {
    nbdroot::agent::network::Network network;
    network.interface_name = "ib0";
    CHECK(settings(network) ==
          "[Match]\nName=ib0\n\n[Network]\nDHCP=no\nKeepConfiguration=yes\n"
          "ConfigureWithoutCarrier=yes\nIgnoreCarrierLoss=yes\n");
}

TEST_CASE("a search list with a line break in it does not become a setting of networkd") {
    auto network = by_dhcp();
    network.search = {"a\nDHCP=yes", "b c", "", "good.example"};
    CHECK(settings(network).find("Domains=good.example\n") != std::string::npos);
    CHECK(settings(network).find("DHCP=yes") == std::string::npos);
}
