// What `nbdrootctl debug` shows of the agent: counters, what waits for an answer, the last events.
// Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/resident/event_ring.h"
#include "agent/resident/relay.h"
#include "agent/resident/stall.h"

namespace nbdroot::agent::resident {

struct DebugReport {
    // The whole has to fit what nbdrootctl reads (base::kJsonLimit).
    static constexpr std::size_t kWaitingShown = 192;

    std::string device;  // "nbd0"
    bool by_netlink = true;
    std::optional<BlockCounts> block = {};     // the kernel's, of every mode
    std::optional<RelayCounters> relay = {};   // nullopt: the kernel has the connection
    RequestCounts requests = {};               // of the relay, by type
    std::vector<WaitingRequest> waiting = {};  // of the relay, at most kWaitingShown
    std::vector<Event> events = {};
};

// One line.
[[nodiscard]] std::string to_json(const DebugReport& report);

// The same for a log.
[[nodiscard]] std::vector<std::string> to_lines(const DebugReport& report);

}  // namespace nbdroot::agent::resident
