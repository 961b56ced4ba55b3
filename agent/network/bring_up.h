// From no network to an interface with an address that can reach others.
#pragma once

#include <optional>

#include "agent/config/boot_config.h"
#include "agent/network/network.h"
#include "lib/base/log.h"
#include "lib/base/result.h"
#include "lib/io/loop.h"

namespace nbdroot::agent::network {

// Brings up the configured interface, or the first one with a carrier. Keeps trying, and says so
// on the log without flooding it, until GIVE_UP_AT (nullopt: for ever). Runs LOOP itself; where
// somebody else stops it: ECANCELED.
[[nodiscard]] Result<Network> bring_up(io::Loop& loop, const config::NetworkConfig& config,
                                       const Log& log, std::optional<Instant> give_up_at);

// What somebody else has brought up, left as it is; without interface where nothing has an address.
[[nodiscard]] Result<Network> look_around(const config::NetworkConfig& config);

}  // namespace nbdroot::agent::network
