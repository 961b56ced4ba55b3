// The status of the root's connection for people. Pure.
#pragma once

#include <string>

#include "lib/base/json_value.h"
#include "lib/base/time.h"

namespace nbdroot::agent::control {

// STATUS is the control socket's answer. A line for each thing that it holds.
[[nodiscard]] std::string describe_status(const JsonValue& status, Instant now);

}  // namespace nbdroot::agent::control
