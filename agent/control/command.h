// What a command of nbdrootctl is given, and what it ends with.
#pragma once

#include <string>
#include <string_view>

#include "agent/control/words.h"
#include "agent/exit_status.h"
#include "lib/base/error.h"

namespace nbdroot::agent::control {

struct Call {
    std::string run;  // the folder with the agent's files
    Words words;      // behind the command's name
};

struct Command {
    std::string_view name;
    std::string_view arguments;  // for --help
    std::string_view summary;
    ExitStatus (*run)(Call&);
};

// How a command ends.
[[nodiscard]] ExitStatus print(std::string_view text);
[[nodiscard]] ExitStatus refuse(std::string_view reason);  // wrong usage
[[nodiscard]] ExitStatus complain(const Error& error);

}  // namespace nbdroot::agent::control
