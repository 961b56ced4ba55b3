// An interface with an address that can reach others: what the stages after the network are told.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/config/boot_config.h"
#include "agent/network/kept.h"
#include "lib/protocol/dhcp4/lease.h"

namespace nbdroot::agent::network {

// Addresses are in host byte order.
struct Network {
    int interface_index = 0;
    std::string interface_name;
    std::string mac;  // "52:54:00:12:34:56"
    config::Ipv4Prefix address;
    std::optional<std::uint32_t> gateway;
    std::vector<std::uint32_t> name_servers;
    std::string host_name;
    std::string domain;               // DHCP option 15; empty: not known
    std::vector<std::string> search;  // where names without a dot are looked for
    std::vector<std::uint32_t> time_servers;
    std::optional<std::uint32_t> boot_server;  // ip='s server, else DHCP's siaddr

    // By DHCP only.
    std::optional<std::uint32_t> dhcp_server;
    std::uint32_t lease_seconds = 0;  // 0xffffffff: for ever
    std::string root_path;            // option 17
    std::optional<protocol::dhcp4::Lease> lease;
    std::string client_id;        // option 61 as it was sent, raw bytes; empty: none
    std::string asked_host_name;  // option 12 as it was sent; empty: none

    Kept kept;  // for the time after the boot

    bool operator==(const Network&) const = default;
};

// "network eth0 10.0.2.15/24 via 10.0.2.2 (dhcp 10.0.2.2, lease 24 h)"
[[nodiscard]] std::string describe(const Network& network);

}  // namespace nbdroot::agent::network
