// What the exit status of nbdroot-agent and nbdrootctl means; their man pages say the same words.
#pragma once

namespace nbdroot::agent {

enum class ExitStatus {
    done = 0,
    failed = 1,         // it could not be done: the device not attached, the agent not asked
    wrong_usage = 2,    // unknown arguments, or a kernel command line that cannot be meant
    not_supported = 3,  // the root's server has no service connections
    refused = 4,        // it has, and does not do what it was asked
};

}  // namespace nbdroot::agent
