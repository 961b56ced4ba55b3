// The texts that configure the boot, where they lie.
#pragma once

#include <string>

#include "agent/config/parse.h"
#include "lib/base/result.h"

namespace nbdroot::agent::rescue {

struct CommandLinePlaces {
    const char* defaults = "/etc/nbdroot/cmdline";
    const char* kernel = "/proc/cmdline";
    const char* added = "/run/nbdroot/cmdline";
};

// The first and the last need not be there. An added one without a word counts as absent: somebody
// may be about to write it.
[[nodiscard]] Result<config::CommandLines> read_command_lines(const CommandLinePlaces& places = {});

// Makes TEXT what /run/nbdroot/cmdline holds, if the whole can be meant with it.
[[nodiscard]] Result<void> add_command_line(const std::string& text);

}  // namespace nbdroot::agent::rescue
