// The server's answers for people. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/json_value.h"
#include "server/control/request.h"

namespace nbdroot::server::ctl {

// ANSWER to REQUEST, not a refusal.
[[nodiscard]] std::string describe(const control::Request& request, const JsonValue& answer);

// What the server says why it was not done, one line or, of a reload, one for each complaint;
// empty: it was done. A drain that left clients behind was not.
[[nodiscard]] std::string complaint(const control::Request& request, const JsonValue& answer);

// After a restart has begun: who answers now, a server that told ANSWER of stats; why that is not
// the one that should (empty: it is), PREDECESSOR being the answer to the restart.
[[nodiscard]] std::string describe_successor(const JsonValue& answer);
[[nodiscard]] std::string successor_complaint(const JsonValue& predecessor,
                                              const JsonValue& answer);

// "0.4 s", "12 s", "5 min", "2 h 3 min", "4 d 5 h"
[[nodiscard]] std::string human_age(std::int64_t ms);

}  // namespace nbdroot::server::ctl
