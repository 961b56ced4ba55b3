#include "agent/network/setup.h"

#include "tests/support/catch.h"

namespace nbdroot::agent::network {
namespace {

namespace netlink = protocol::netlink;
using config::InterfaceConfig;
using config::NetworkConfig;
using protocol::dhcp4::Lease;

netlink::Link eth0() {
    netlink::Link link;
    link.index = 2;
    link.name = "eth0";
    link.mac = Mac{0x52, 0x54, 0, 0x12, 0x34, 0x56};
    return link;
}

Lease lease() {
    Lease lease;
    lease.address = 0x0a00020f;
    lease.length_bits = 24;
    lease.server = 0x0a000202;
    lease.routes = {{.gateway = 0x0a000202}};
    lease.name_servers = {0x0a000203};
    lease.lease_seconds = 86400;
    return lease;
}

Setup from_lease(const Lease& lease, const InterfaceConfig& config = {},
                 const NetworkConfig& network = {}) {
    return setup_of_lease({.link = eth0(), .config = config, .network = network}, lease);
}

Result<Setup> from_config(const InterfaceConfig& config, const NetworkConfig& network = {}) {
    return setup_of_config({.link = eth0(), .config = config, .network = network});
}

InterfaceConfig fixed() {
    InterfaceConfig config;
    config.method = InterfaceConfig::Method::fixed;
    config.address = {.address = 0x0a00020f, .length_bits = 24};
    config.gateway = 0x0a000202;
    return config;
}

}  // namespace

TEST_CASE("a lease becomes an address, a default route and what is reported") {
    Lease granted = lease();
    granted.mtu_bytes = 1400;
    granted.host_name = "client-1";
    granted.root_path = "nbd://10.0.2.2/";
    granted.domain_name = "lab.example";
    granted.time_servers = {0x0a000204};
    InterfaceConfig config;
    config.client_id = "\x01machine";
    const Setup setup = from_lease(granted, config);
    CHECK(setup.address == netlink::Address{.interface_index = 2,
                                            .address = 0x0a00020f,
                                            .length_bits = 24,
                                            .broadcast = 0x0a0002ff});
    CHECK(setup.routes ==
          std::vector<netlink::Route>{{.interface_index = 2, .gateway = 0x0a000202}});
    CHECK(setup.mtu_bytes == 1400);
    CHECK(setup.note.empty());
    Network network;
    network.interface_index = 2;
    network.interface_name = "eth0";
    network.mac = "52:54:00:12:34:56";
    network.address = {.address = 0x0a00020f, .length_bits = 24};
    network.gateway = 0x0a000202;
    network.name_servers = {0x0a000203};
    network.host_name = "client-1";
    network.dhcp_server = 0x0a000202;
    network.lease_seconds = 86400;
    network.root_path = "nbd://10.0.2.2/";
    network.domain = "lab.example";
    network.search = {"lab.example"};
    network.time_servers = {0x0a000204};
    network.lease = granted;
    network.client_id = "\x01machine";
    CHECK(setup.network == network);
}

TEST_CASE("the user's words win over the server's") {
    Lease granted = lease();
    granted.mtu_bytes = 1400;
    granted.host_name = "theirs";
    InterfaceConfig config;
    config.mtu_bytes = 1300;
    config.host_name = "ours";
    config.name_servers = {0x08080808, 0x0a000203};
    NetworkConfig network;
    network.name_servers = {0x09090909};
    const Setup setup = from_lease(granted, config, network);
    CHECK(setup.mtu_bytes == 1300);
    CHECK(setup.network.host_name == "ours");
    CHECK(setup.network.name_servers ==
          std::vector<std::uint32_t>{0x09090909, 0x08080808, 0x0a000203});
}

TEST_CASE("the broadcast address of the lease is used, a /31 and a /32 have none") {
    Lease granted = lease();
    granted.broadcast = 0x0affffff;
    CHECK(from_lease(granted).address.broadcast == 0x0affffff);
    for (const std::uint8_t length : {std::uint8_t{31}, std::uint8_t{32}}) {
        granted = lease();
        granted.length_bits = length;
        CHECK(from_lease(granted).address.broadcast == 0);
    }
}

TEST_CASE("a lease without router has no gateway") {
    Lease granted = lease();
    granted.routes.clear();
    const Setup setup = from_lease(granted);
    CHECK(setup.routes.empty());
    CHECK_FALSE(setup.network.gateway);
}

TEST_CASE("routes on the link come first, gateways outside the network are marked") {
    Lease granted = lease();
    granted.length_bits = 32;
    granted.routes = {{.gateway = 0x0a000202},
                      {.destination = 0x0a000202, .length_bits = 32, .gateway = 0}};
    const Setup setup = from_lease(granted);
    CHECK(setup.routes ==
          std::vector<netlink::Route>{
              {.interface_index = 2, .destination = 0x0a000202, .length_bits = 32},
              {.interface_index = 2, .gateway = 0x0a000202, .gateway_on_link = true}});
    CHECK(setup.network.gateway == 0x0a000202);
    CHECK(setup.note == "gateway 10.0.2.2 is outside 10.0.2.15/32; taken as on the link");
}

TEST_CASE("a fixed address becomes an address and a route") {
    const auto setup = from_config(fixed());
    REQUIRE(setup);
    CHECK(setup->address.address == 0x0a00020f);
    CHECK(setup->address.broadcast == 0x0a0002ff);
    CHECK(setup->routes ==
          std::vector<netlink::Route>{{.interface_index = 2, .gateway = 0x0a000202}});
    CHECK_FALSE(setup->network.dhcp_server);
    CHECK(setup->network.gateway == 0x0a000202);
}

TEST_CASE("a fixed address needs no gateway") {
    InterfaceConfig config = fixed();
    config.gateway.reset();
    CHECK(from_config(config)->routes.empty());
}

TEST_CASE("a gateway that the mask leaves out is named") {
    InterfaceConfig config = fixed();
    config.gateway = 0x0a090001;
    const auto setup = from_config(config);
    REQUIRE(setup);
    CHECK(setup->routes.front().gateway_on_link);
    CHECK(setup->note == "gateway 10.9.0.1 is outside 10.0.2.15/24; taken as on the link");
}

TEST_CASE("a fixed address that is missing or impossible is refused") {
    InterfaceConfig config = fixed();
    config.address.reset();
    CHECK_FALSE(from_config(config));
    config.address = {.address = 0x7f000001, .length_bits = 8};
    CHECK_FALSE(from_config(config));
}

TEST_CASE("the server of the boot is ip='s, else the one that DHCP names for it") {
    Lease granted = lease();
    CHECK_FALSE(from_lease(granted).network.boot_server);
    granted.next_server = 0x0a000209;
    CHECK(from_lease(granted).network.boot_server == 0x0a000209);
    InterfaceConfig config = fixed();
    CHECK_FALSE(from_config(config)->network.boot_server);
    config.server = 0x0a000208;
    CHECK(from_lease(granted, config).network.boot_server == 0x0a000208);
    CHECK(from_config(config)->network.boot_server == 0x0a000208);
}

TEST_CASE("a search list wins over the domain") {
    Lease granted = lease();
    granted.domain_name = "lab.example";
    granted.search = {"a.example", "b.example"};
    CHECK(from_lease(granted).network.search == granted.search);
}

TEST_CASE("rd.peerdns=0 keeps DHCP's name servers out, not those of the user") {
    Lease granted = lease();
    granted.domain_name = "lab.example";
    NetworkConfig network;
    network.peer_dns = false;
    network.name_servers = {0x09090909};
    const Setup setup = from_lease(granted, {}, network);
    CHECK(setup.network.name_servers == std::vector<std::uint32_t>{0x09090909});
    CHECK(setup.network.search.empty());
    CHECK(setup.network.domain == "lab.example");
}

TEST_CASE("rd.route= goes over its device, without one over the interface that has the gateway") {
    NetworkConfig network;
    network.routes = {{.destination = {.address = 0x0a630000, .length_bits = 16},
                       .gateway = std::nullopt,
                       .device = "eth0"},
                      {.destination = {.address = 0x0a640000, .length_bits = 16},
                       .gateway = std::nullopt,
                       .device = "eth1"},
                      {.destination = {.address = 0x0a650000, .length_bits = 16},
                       .gateway = 0x0a000209,
                       .device = ""},
                      {.destination = {.address = 0x0a660000, .length_bits = 16},
                       .gateway = 0x0a000309,
                       .device = ""},
                      {.destination = {.address = 0x0a670000, .length_bits = 16},
                       .gateway = std::nullopt,
                       .device = ""}};
    InterfaceConfig config = fixed();
    config.gateway.reset();
    const std::vector<netlink::Route> expected = {
        {.interface_index = 2, .destination = 0x0a630000, .length_bits = 16},
        {.interface_index = 2, .destination = 0x0a650000, .length_bits = 16, .gateway = 0x0a000209},
        {.interface_index = 2, .destination = 0x0a670000, .length_bits = 16}};
    CHECK(from_config(config, network)->routes == expected);
    Lease granted = lease();
    granted.routes.clear();
    CHECK(from_lease(granted, {}, network).routes == expected);
}

TEST_CASE("an address with a peer covers what the peer's end covers") {
    InterfaceConfig config = fixed();
    config.address->length_bits = 32;
    config.peer = 0x0a000301;
    config.gateway = 0x0a000301;
    config.time_servers = {0x0a000305};
    const auto setup = from_config(config);
    REQUIRE(setup);
    CHECK(setup->address ==
          netlink::Address{
              .interface_index = 2, .address = 0x0a00020f, .length_bits = 32, .peer = 0x0a000301});
    CHECK(setup->note.empty());
    CHECK(setup->network.time_servers == std::vector<std::uint32_t>{0x0a000305});
}

}  // namespace nbdroot::agent::network
