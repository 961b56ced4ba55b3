// Sockets that whoever started this process has opened for it.
#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/sys/fd.h"
#include "lib/sys/listener.h"

namespace nbdroot::sys {

// A stream socket that waits for clients.
struct PassedListener {
    Fd fd{};
    std::string name{};  // as its giver knows it (LISTEN_FDNAMES, Legacy::name)
};

struct PassedListeners {
    std::vector<PassedListener> sockets{};
    // By succeed_to(): this process served before, as another program.
    bool from_predecessor = false;
};

// sd_listen_fds(3): what LISTEN_PID and LISTEN_FDS promise; or what this process had before it
// became this program. None: nobody passes any. An Error where the promise is for another process,
// or what is there is something else. Takes the variables out of the environment: they are for us
// alone.
[[nodiscard]] Result<PassedListeners> take_passed_listeners();

// Where standard error is the same socket as standard input, as inetd leaves it, /dev/null takes
// its place: a log is no protocol. Call it before the first line. False: it is still the socket.
[[nodiscard]] bool keep_log_from_standard_input();

// The client whose connection is standard input, as inetd and parents with a socket pair leave it;
// /dev/null is then in its place.
[[nodiscard]] Result<Accepted> take_standard_input();

}  // namespace nbdroot::sys
