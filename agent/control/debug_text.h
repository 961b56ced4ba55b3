// What `nbdrootctl debug` shows. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/control/kernel_view.h"
#include "agent/control/request_trace.h"
#include "lib/base/json_value.h"

namespace nbdroot::agent::control {

// One line of JSON: {"kernel":{"reads":1,…,"queue":[…],"lost_events":0,"waiting":[…]},"agent":{…}}.
// AGENT is its answer as it came; TRACE is null where the tracepoints are not watched, "waiting"
// and "lost_events" then too.
[[nodiscard]] std::string debug_json(std::string_view agent, const KernelView& kernel,
                                     const RequestTrace* trace, Instant now);

// The same for people, without the events up to the number SHOWN_EVENTS.
[[nodiscard]] std::string describe_debug(const JsonValue& debug, std::int64_t shown_events);

}  // namespace nbdroot::agent::control
