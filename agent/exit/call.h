// What the exit program was called for. Pure.
#pragma once

#include <span>
#include <string>

#include "agent/exit_status.h"
#include "lib/base/machine_end.h"

namespace nbdroot::agent::exit {

enum class Task { help, end, finish, announce, read_only, refuse };

// Who called.
struct Caller {
    bool is_first_process = false;
    bool is_root = true;
};

struct Call {
    Task task = Task::refuse;
    MachineEnd how = MachineEnd::poweroff;  // of end and announce
    bool revokes = false;                   // of announce: nothing ends after all
    std::string complaint = {};             // of refuse; of end: why the words were not followed
    ExitStatus status = ExitStatus::done;   // of refuse

    bool operator==(const Call&) const = default;
};

// ARGUMENTS begin with the program's name. The kernel panics where process 1 ends, so it has but
// ends of the machine: a word that is none means poweroff. Without root nothing here can be done.
[[nodiscard]] Call parse_call(std::span<const char* const> arguments, Caller caller);

}  // namespace nbdroot::agent::exit
