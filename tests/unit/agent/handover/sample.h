// A network that is handed over.
#pragma once

#include "agent/network/network.h"
#include "lib/base/ipv4.h"

namespace nbdroot::tests {

inline std::uint32_t address(const char* text) { return base::parse_ipv4(text).value_or(0); }

inline agent::network::Network by_dhcp() {
    agent::network::Network network;
    network.interface_index = 2;
    network.interface_name = "eth0";
    network.mac = "52:54:00:12:34:56";
    network.address = {.address = address("10.77.0.50"), .length_bits = 24};
    network.gateway = address("10.77.0.254");
    network.name_servers = {address("10.77.0.1"), address("10.77.0.2")};
    network.host_name = "kiosk-7";
    network.domain = "example.org";
    network.search = {"lab.example.org", "example.org"};
    network.time_servers = {address("10.77.0.3")};
    network.dhcp_server = address("10.77.0.254");
    network.boot_server = address("10.77.0.9");
    network.lease_seconds = 120;
    network.root_path = "nbd://10.77.0.1/it's";
    return network;
}

}  // namespace nbdroot::tests
