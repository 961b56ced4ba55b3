// The command line of nbd-rootserverctl. Pure.
#pragma once

#include <span>
#include <string>

#include "lib/base/result.h"
#include "server/control/request.h"
#include "server/ctl/overlay_job.h"

namespace nbdroot::server::ctl {

struct Options {
    enum class Action { ask, work, hash_file, help, version };

    Action action = Action::ask;
    std::string socket = control::kDefaultSocket;
    bool json = false;
    control::Request request{};  // ask
    OverlayJob job{};            // work
    std::string file{};          // hash_file

    bool operator==(const Options&) const = default;
};

// ARGUMENTS without the program's name. An Error is one line for the person who typed them.
[[nodiscard]] Result<Options> parse_options(std::span<const char* const> arguments);

[[nodiscard]] const char* usage_text();

}  // namespace nbdroot::server::ctl
