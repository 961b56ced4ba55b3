// The command line of nbd-rootserver.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "lib/base/log.h"
#include "lib/base/result.h"
#include "server/config/endpoint.h"

namespace nbdroot::server::config {

struct Options {
    enum class Action { serve, check, help, version };

    Action action = Action::serve;
    bool read_only = false;
    Level log_level = Level::info;
    std::optional<std::string> config_file;  // else endpoint and image
    Endpoint endpoint;
    std::string image;

    bool operator==(const Options&) const = default;
};

// ARGUMENTS without the program's name. An Error is one line for the person who typed them.
Result<Options> parse_options(std::span<const std::string> arguments);

[[nodiscard]] const char* usage_text();

}  // namespace nbdroot::server::config
