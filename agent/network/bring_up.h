// From no network to the first interface with an address.
#pragma once

#include <optional>

#include "agent/network/uplinks.h"
#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/io/loop.h"

namespace nbdroot::agent::network {

// Waits for the first uplink until GIVE_UP_AT (nullopt: for ever). Runs LOOP itself; where somebody
// else stops it: ECANCELED.
[[nodiscard]] Result<void> wait_for_first(io::Loop& loop, Uplinks& uplinks,
                                          std::optional<Instant> give_up_at);

}  // namespace nbdroot::agent::network
