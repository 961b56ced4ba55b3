// What the rescue prompt's "state" says. Pure.
#pragma once

#include <string>

#include "lib/base/json_value.h"

namespace nbdroot::agent::rescue {

struct StateSources {
    const JsonValue& boot;    // boot.json
    const JsonValue& status;  // status.json; null where nothing is attached
    std::string trouble;      // the last warning in the log; empty: none
    std::string added;        // /run/nbdroot/cmdline; empty: nothing
};

// A line for each thing that is known: "phase    connect, since 12.3 s\n…".
[[nodiscard]] std::string describe_state(const StateSources& sources);

}  // namespace nbdroot::agent::rescue
