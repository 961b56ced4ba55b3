// Many reconnects, asked for over the resident's control socket.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/result.h"

namespace nbdroot::load {

// Asks COUNT times (at least ten), each time once the one before is done. Two lines of JSON, after
// ten and at the end: {"event":"reconnected","count":10,"resident_kib":[40,472]}, what the agent's
// processes have in memory (VmRSS) then. An Error where that has grown by
// more than a page.
[[nodiscard]] Result<void> run_reconnects(const std::string& control, std::uint64_t count);

}  // namespace nbdroot::load
