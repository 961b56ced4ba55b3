// What nbdroot-agent's exit status means; nbdroot-agent(8) says the same words.
#pragma once

namespace nbdroot::agent {

enum class ExitStatus {
    done = 0,
    failed = 1,       // the device could not be attached
    wrong_usage = 2,  // unknown arguments, or a kernel command line that cannot be meant
};

}  // namespace nbdroot::agent
