// The texts that configure the boot, where they lie.
#pragma once

#include <string>

#include "agent/config/parse.h"
#include "lib/base/result.h"

namespace nbdroot::agent::rescue {

// /etc/nbdroot/cmdline, /proc/cmdline and /run/nbdroot/cmdline; the first and the last need not be
// there.
[[nodiscard]] Result<config::CommandLines> read_command_lines();

// Makes TEXT what /run/nbdroot/cmdline holds, if the whole can be meant with it.
[[nodiscard]] Result<void> add_command_line(const std::string& text);

}  // namespace nbdroot::agent::rescue
