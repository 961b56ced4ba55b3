// The device that the root lies on, as /run, /proc and /sys show it.
#pragma once

#include <string>

#include "agent/exit/plan.h"
#include "agent/exit/status.h"

namespace nbdroot::agent::exit {

// What the resident wrote. Without a resident process, or with one that wrote nothing, what lies at
// the root says it.
[[nodiscard]] Status read_status(Place place);

[[nodiscard]] Disk look_up(const std::string& name);

// Whether DISK has no connection any more, or never had one.
[[nodiscard]] bool is_over(const std::string& disk);

}  // namespace nbdroot::agent::exit
