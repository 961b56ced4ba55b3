#include "agent/handover/networkmanager.h"

#include "tests/support/catch.h"
#include "tests/unit/agent/handover/sample.h"

using namespace nbdroot::agent::handover;
using nbdroot::tests::address;
using nbdroot::tests::by_dhcp;

namespace {

// Without the words to people.
std::string settings(std::string text) {
    while (text.starts_with('#')) text.erase(0, text.find('\n') + 1);
    return text;
}

}  // namespace

TEST_CASE("NetworkManager is given the connection that is there") {
    auto network = by_dhcp();
    network.kept.routes = {
        {.destination = address("10.77.0.0"), .length_bits = 24},  // comes with the address
        {.gateway = address("10.77.0.254")},
        {.destination = address("10.99.0.0"), .length_bits = 16, .gateway = address("10.77.0.253")},
    };
    CHECK(settings(networkmanager_connection(network)) ==
          "[connection]\nid=nbdroot\nuuid=6e626472-6f6f-4000-8000-525400123456\ntype=ethernet\n"
          "autoconnect-priority=999\nautoconnect-retries=0\n\n"
          "[ethernet]\nmac-address=52:54:00:12:34:56\n\n"
          "[ipv4]\nmethod=manual\naddress1=10.77.0.50/24\ngateway=10.77.0.254\n"
          "route1=10.99.0.0/16,10.77.0.253\n"
          "dns=10.77.0.1;10.77.0.2;\ndns-search=lab.example.org;example.org;\n\n"
          "[ipv6]\nmethod=auto\n");
}

TEST_CASE("NetworkManager's note names the same connection") {
    const auto network = by_dhcp();
    CHECK(networkmanager_state_path(network) == "/run/NetworkManager/devices/2");
    CHECK(networkmanager_state(network) ==
          "[device]\nmanaged=true\nconnection-uuid=6e626472-6f6f-4000-8000-525400123456\n"
          "nm-owned=false\n");
    CHECK(networkmanager_connection(network).find("6e626472-6f6f-4000-8000-525400123456") !=
          std::string::npos);
}

TEST_CASE("a pulled cable is no reason for NetworkManager to end the connection") {
    CHECK(settings(networkmanager_config(by_dhcp())) ==
          "[device-nbdroot]\nmatch-device=mac:52:54:00:12:34:56\nignore-carrier=yes\n"
          "keep-configuration=yes\n");
}

TEST_CASE("an interface without MAC, gateway and name servers has no empty keys") {
    nbdroot::agent::network::Network network;
    network.interface_name = "ib0";
    network.address = {.address = address("10.0.0.5"), .length_bits = 16};
    CHECK(settings(networkmanager_connection(network)) ==
          "[connection]\nid=nbdroot\nuuid=6e626472-6f6f-4000-8000-000000000000\ntype=ethernet\n"
          "autoconnect-priority=999\nautoconnect-retries=0\ninterface-name=ib0\n\n"
          "[ipv4]\nmethod=manual\naddress1=10.0.0.5/16\n\n[ipv6]\nmethod=auto\n");
    CHECK(settings(networkmanager_config(network)).find("interface-name:=ib0\n") !=
          std::string::npos);
}

TEST_CASE("a search list with a line break in it does not become a setting of NetworkManager") {
    auto network = by_dhcp();
    network.search = {"a\nmethod=auto", "b;c", "", "good.example"};
    CHECK(networkmanager_connection(network).find("dns-search=good.example;\n") !=
          std::string::npos);
    CHECK(networkmanager_connection(network).find("a\nmethod") == std::string::npos);
}
