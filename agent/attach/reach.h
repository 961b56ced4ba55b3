// Which of several uplinks leads to the server: all of them are tried at once, and the first
// connection decides.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "agent/attach/negotiate.h"
#include "agent/config/boot_config.h"
#include "agent/network/network.h"
#include "agent/network/uplinks.h"
#include "lib/base/log.h"
#include "lib/base/result.h"
#include "lib/io/loop.h"

namespace nbdroot::agent::attach {

struct ReachOptions {
    // The servers to try over an uplink, at least one. An Error: none is known, which over an
    // uplink by DHCP may be mended.
    std::function<Result<std::vector<config::Target>>(const network::Network&)> targets_of;
    std::optional<Instant> give_up_at;  // nullopt: for ever
    Limits limits;
};

// Large: behind a pointer its moves cost the agent's binary nothing.
struct Reached {
    Connection connection;
    std::vector<Server> servers;  // whose addresses are known, in order of preference
    network::Network network;
    bool had_rivals = false;  // other uplinks were tried too
};

// Tries the servers over every uplink that there is or that comes: every 0.25 s for 30 s, then once
// a second, with jitter, until one accepts. Says each new kind of failure at once, the same failure
// again only now and then ("attempt 40, 10 s so far"); a refusal that lists the exports which exist
// ends in a message that names them. Only one handshake goes on at a time: two of one boot would
// look like two machines to a server that lets one write.
//
// UPLINKS is settled then: those that did not win are as they were. Runs LOOP itself; where
// somebody else stops it: ECANCELED.
[[nodiscard]] Result<std::unique_ptr<Reached>> reach(io::Loop& loop, network::Uplinks& uplinks,
                                                     const Log& log, ReachOptions options);

}  // namespace nbdroot::agent::attach
