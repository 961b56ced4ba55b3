// nbd-rootserverctl: asks a running server, and shows what it says.
#pragma once

#include <span>

namespace nbdroot::server::ctl {

// The manual page has the same words.
enum class ExitStatus {
    done = 0,
    failed = 1,     // the server refused it, or its answer makes no sense
    usage = 2,      // the command line cannot be meant
    no_server = 3,  // nobody answers there
};

// ARGUMENTS without the program's name.
[[nodiscard]] ExitStatus run(std::span<const char* const> arguments);

}  // namespace nbdroot::server::ctl
