// Exit statuses of nbd-rootserver; the manual page has the same words.
#pragma once

namespace nbdroot::server {

enum class ExitStatus {
    done = 0,       // stopped by a signal after everything was answered; --check found no fault
    failed = 1,     // the system refused something that the server cannot do without
    usage = 2,      // the command line cannot be meant
    config = 3,     // the configuration file has faults
    image = 4,      // an image cannot be served
    listen = 5,     // an address or port cannot be listened on
    cut_short = 6,  // stopped before everything was answered or synced (second signal, deadline),
                    // or a sync has failed before
};

}  // namespace nbdroot::server
