// How nbd-rootserverctl ends. The manual page has the same words.
#pragma once

#include <string>

namespace nbdroot::server::ctl {

enum class ExitStatus {
    done = 0,
    failed = 1,     // the server refused it, its answer makes no sense, or files could not be made
    usage = 2,      // the command line cannot be meant
    no_server = 3,  // nobody answers there
};

// Why it was not done, for people.
struct Complaint {
    std::string text{};
    ExitStatus status = ExitStatus::failed;
};

}  // namespace nbdroot::server::ctl
