#include "agent/network/candidates.h"

#include "tests/support/catch.h"

namespace nbdroot::agent::network {
namespace {

namespace netlink = protocol::netlink;
using config::InterfaceConfig;
using config::NetworkConfig;
using Method = InterfaceConfig::Method;

constexpr std::uint32_t kLoopbackFlags = 0x10049;

netlink::Link ethernet(int index, std::string name) {
    netlink::Link link;
    link.index = index;
    link.hardware_type = netlink::kHardwareEthernet;
    link.name = std::move(name);
    link.mac = Mac{0x52, 0x54, 0, 0x12, 0x34, static_cast<std::uint8_t>(index)};
    return link;
}

InterfaceConfig ip(std::string device, Method method) {
    InterfaceConfig interface;
    interface.device = std::move(device);
    interface.method = method;
    return interface;
}

NetworkConfig of(std::vector<InterfaceConfig> interfaces, std::string boot_mac = "") {
    NetworkConfig config;
    config.interfaces = std::move(interfaces);
    config.boot_mac = std::move(boot_mac);
    return config;
}

}  // namespace

TEST_CASE("without ip= every Ethernet interface asks by DHCP") {
    const auto wanted = wanted_of(ethernet(2, "eth0"), of({}));
    REQUIRE(wanted);
    CHECK(*wanted == InterfaceConfig{});
}

TEST_CASE("what is no Ethernet interface of its own is never wanted") {
    netlink::Link link = ethernet(1, "lo");
    link.flags = kLoopbackFlags;
    CHECK_FALSE(wanted_of(link, of({})));
    link = ethernet(2, "ib0");
    link.hardware_type = 32;
    CHECK_FALSE(wanted_of(link, of({})));
    link = ethernet(2, "eth0");
    link.enslaved = true;
    CHECK_FALSE(wanted_of(link, of({})));
    link = ethernet(2, "eth0");
    link.mac.reset();
    CHECK_FALSE(wanted_of(link, of({})));
}

TEST_CASE("an ip= with a device is for that device alone") {
    const auto config = of({ip("eth1", Method::dhcp)});
    CHECK_FALSE(wanted_of(ethernet(2, "eth0"), config));
    CHECK(wanted_of(ethernet(3, "eth1"), config));
}

TEST_CASE("an ip= with the device's name wins over one without") {
    const auto config = of({ip("", Method::dhcp), ip("eth1", Method::fixed)});
    CHECK(wanted_of(ethernet(2, "eth0"), config)->method == Method::dhcp);
    CHECK(wanted_of(ethernet(3, "eth1"), config)->method == Method::fixed);
}

TEST_CASE("BOOTIF narrows the choice, a device that is named is not narrowed") {
    const std::string mac_of_3 = "52:54:00:12:34:03";
    CHECK_FALSE(wanted_of(ethernet(2, "eth0"), of({}, mac_of_3)));
    CHECK(wanted_of(ethernet(3, "eth1"), of({}, mac_of_3)));
    CHECK_FALSE(wanted_of(ethernet(2, "eth0"), of({ip("", Method::dhcp)}, mac_of_3)));
    CHECK(wanted_of(ethernet(2, "eth0"), of({ip("eth0", Method::dhcp)}, mac_of_3)));
}

TEST_CASE("bootdev= leaves one interface, also of those that ip= names") {
    NetworkConfig config = of({});
    config.boot_device = "eth1";
    CHECK_FALSE(wanted_of(ethernet(2, "eth0"), config));
    CHECK(wanted_of(ethernet(3, "eth1"), config));
    config = of({ip("eth0", Method::dhcp), ip("eth1", Method::fixed)});
    config.boot_device = "eth1";
    CHECK_FALSE(wanted_of(ethernet(2, "eth0"), config));
    CHECK(wanted_of(ethernet(3, "eth1"), config)->method == Method::fixed);
}

TEST_CASE("ifname= names the interface with its MAC, once") {
    NetworkConfig config = of({});
    config.names = {{.name = "lan0", .mac = *ethernet(3, "").mac}};
    CHECK(new_name_of(ethernet(2, "eth0"), config).empty());
    CHECK(new_name_of(ethernet(3, "eth1"), config) == "lan0");
    CHECK(new_name_of(ethernet(3, "lan0"), config).empty());
}

TEST_CASE("an interface with ip=off is left alone, the others are not") {
    const auto config = of({ip("eth0", Method::none), ip("", Method::dhcp)});
    CHECK_FALSE(wanted_of(ethernet(2, "eth0"), config));
    CHECK(wanted_of(ethernet(3, "eth1"), config));
    CHECK_FALSE(leaves_all_alone(config));
    CHECK(leaves_all_alone(of({ip("", Method::none)})));
    CHECK_FALSE(leaves_all_alone(of({})));
}

TEST_CASE("of what exists the interface with the default route is reported") {
    netlink::Link loopback = ethernet(1, "lo");
    loopback.flags = kLoopbackFlags;
    const Existing existing{
        .links = {loopback, ethernet(2, "eth0"), ethernet(3, "eth1")},
        .addresses = {{.interface_index = 1, .address = 0x7f000001, .length_bits = 8},
                      {.interface_index = 2, .address = 0x0a00020f, .length_bits = 24},
                      {.interface_index = 3, .address = 0x0a00030f, .length_bits = 24}},
        .routes = {{.interface_index = 2, .destination = 0x0a000200, .length_bits = 24},
                   {.interface_index = 3, .gateway = 0x0a000302}}};
    NetworkConfig config = of({ip("", Method::none)});
    config.name_servers = {0x08080808};
    Network network;
    network.interface_index = 3;
    network.interface_name = "eth1";
    network.mac = "52:54:00:12:34:03";
    network.address = {.address = 0x0a00030f, .length_bits = 24};
    network.gateway = 0x0a000302;
    network.name_servers = {0x08080808};
    network.kept = {.interface_index = 3,
                    .interface_name = "eth1",
                    .mac = ethernet(3, "eth1").mac,
                    .address = {},
                    .routes = {},
                    .mtu_bytes = 0};
    CHECK(find_existing(existing, config) == network);

    const auto named = find_existing(existing, of({ip("eth0", Method::none)}));
    REQUIRE(named);
    CHECK(named->interface_name == "eth0");
    CHECK_FALSE(named->gateway);
}

TEST_CASE("an address of somebody else's is kept with its routes unless it ends") {
    const netlink::Route connected{
        .interface_index = 2, .destination = 0x0a000200, .length_bits = 24};
    const netlink::Route to_gateway{
        .interface_index = 2, .destination = 0x0a090001, .length_bits = 32};
    const netlink::Route by_default{
        .interface_index = 2, .gateway = 0x0a090001, .gateway_on_link = true};
    Existing existing{
        .links = {ethernet(2, "eth0")},
        .addresses =
            {{.interface_index = 2, .address = 0x0a00020f, .length_bits = 24, .permanent = true}},
        .routes = {
            connected, {.interface_index = 3, .gateway = 0x0a000302}, to_gateway, by_default}};
    const auto config = of({ip("", Method::none)});
    const Kept kept = find_existing(existing, config).value().kept;
    CHECK(kept.interface_index == 2);
    CHECK(kept.address == existing.addresses.front());
    CHECK(kept.routes == std::vector{to_gateway, by_default});

    existing.addresses.front().permanent = false;
    const Kept leased = find_existing(existing, config).value().kept;
    CHECK(leased.interface_index == 2);
    CHECK(leased.address == netlink::Address{});
    CHECK(leased.routes.empty());
}

TEST_CASE("where no interface has an address nothing is reported") {
    const Existing existing{.links = {ethernet(2, "eth0")}, .addresses = {}, .routes = {}};
    CHECK_FALSE(find_existing(existing, of({ip("", Method::none)})));
}

}  // namespace nbdroot::agent::network
