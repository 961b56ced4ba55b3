// The servers of a boot as operators see them, numbered from 1. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "agent/resident/plan.h"
#include "lib/base/result.h"

namespace nbdroot::agent::resident {

// Those of the plan, then those that this boot may not use: "10.0.0.1:10809/debian".
[[nodiscard]] std::vector<std::string> server_names(const Plan& plan);

// Which of PLAN.servers is meant by TEXT: its number, or HOST:PORT with or without its export. The
// reason of an Error says why it may not be used.
[[nodiscard]] Result<std::size_t> choose_server(const Plan& plan, std::string_view text);

}  // namespace nbdroot::agent::resident
