// Other programs: taking their place.
#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"

namespace nbdroot::sys {

struct Program {
    std::string path;
    std::vector<std::string> arguments;    // without argv[0], which is PATH
    std::vector<std::string> environment;  // "NAME=VALUE", added to this process's own
};

// Whether this is process 1, of the machine or of a PID namespace.
[[nodiscard]] bool is_first_process();

// What the program finds: an empty mask and default actions, or ours; what waits does so there,
// too.
enum class SignalState { fresh, kept };

// execve(2). Returns only on failure.
[[nodiscard]] Error execute(const Program& program, SignalState signals = SignalState::fresh);

}  // namespace nbdroot::sys
