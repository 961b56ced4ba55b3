// From no network to an interface with an address that can reach others.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/config/boot_config.h"
#include "agent/network/kept.h"
#include "lib/base/log.h"
#include "lib/base/result.h"
#include "lib/io/loop.h"

namespace nbdroot::agent::network {

// What is up once the stage is done. Addresses are in host byte order.
struct Network {
    int interface_index = 0;
    std::string interface_name;
    std::string mac;  // "52:54:00:12:34:56"
    config::Ipv4Prefix address;
    std::optional<std::uint32_t> gateway;
    std::vector<std::uint32_t> name_servers;
    std::string host_name;

    // By DHCP only.
    std::optional<std::uint32_t> dhcp_server;
    std::uint32_t lease_seconds = 0;  // 0xffffffff: for ever
    std::string root_path;            // option 17

    Kept kept;  // for the time after the boot

    bool operator==(const Network&) const = default;
};

// Brings up the configured interface, or the first one with a carrier. Keeps trying, and says so
// on the log without flooding it, until GIVE_UP_AT (nullopt: for ever). Runs LOOP itself; where
// somebody else stops it: ECANCELED.
[[nodiscard]] Result<Network> bring_up(io::Loop& loop, const config::NetworkConfig& config,
                                       const Log& log, std::optional<Instant> give_up_at);

// What somebody else has brought up, left as it is; without interface where nothing has an address.
[[nodiscard]] Result<Network> look_around(const config::NetworkConfig& config);

// "network eth0 10.0.2.15/24 via 10.0.2.2 (dhcp 10.0.2.2, lease 24 h)"
[[nodiscard]] std::string describe(const Network& network);

}  // namespace nbdroot::agent::network
