// What /run/nbdroot/status.json says about the root's connection, and the control socket's
// "status". Pure.
#pragma once

#include <optional>
#include <string>

#include "agent/resident/plan.h"
#include "agent/resident/reconnect.h"
#include "agent/resident/relay.h"
#include "agent/resident/root_network.h"

namespace nbdroot::agent::resident {

struct Status {
    const Plan& plan;
    const attach::Identity& identity;  // as the connections so far have shown it
    const Reconnect::Report& report;
    std::optional<RelayCounters> relay;
    std::optional<NetworkStatus> network = {};
    std::uint32_t timeout_seconds = 0;
    Level log_level = Level::info;
    std::string info = {};                            // an operator's text
    std::optional<std::uint32_t> round_trip_us = {};  // of the connection in use
    std::string server_software = {};                 // of its server; empty: not told
};

// One line: {"version":"…","device":"/dev/nbd0","attach":"netlink","relay":null,
// "state":"connected","server":"10.0.0.1:1234","name":"…","reconnects":0,…}; times in ms since the
// machine started, as in boot.json.
[[nodiscard]] std::string to_json(const Status& status);

}  // namespace nbdroot::agent::resident
