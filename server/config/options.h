// The command line of nbd-rootserver.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "lib/base/log.h"
#include "lib/base/result.h"
#include "server/config/config.h"

namespace nbdroot::server::config {

struct Options {
    enum class Action { serve, check, help, version };

    Action action = Action::serve;
    Level log_level = Level::info;
    std::optional<std::string> config_file;  // else what follows
    Config config{};

    bool operator==(const Options&) const = default;
};

// ARGUMENTS without the program's name. An Error is one line for the person who typed them.
Result<Options> parse_options(std::span<const std::string> arguments);

[[nodiscard]] std::string usage_text();

}  // namespace nbdroot::server::config
