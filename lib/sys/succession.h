// This process goes on as another program, usually a newer one of its own, with its sockets.
#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/sys/program.h"

namespace nbdroot::sys {

// A listening socket that stays open, and what the next program shall know it as: printable ASCII
// without a colon.
struct Legacy {
    int fd = -1;
    std::string name{};
};

// In the environment of the next program: "FD:NAME:FD:NAME"; empty: nothing is left to it.
inline constexpr const char* kLegacyVariable = "NBDROOT_LISTENERS";

// execve(2) of PROGRAM, which finds LEGACIES by take_passed_listeners(). Signals are left as they
// are. Returns only on failure: nothing has changed then.
[[nodiscard]] Error succeed_to(Program program, const std::vector<Legacy>& legacies);

// Where this process's program is, also after it was replaced by a newer one: WORD, its argv[0],
// if that leads to a program, else what the kernel has started.
[[nodiscard]] Result<std::string> own_program_path(const std::string& word);

// A file that this process may execute, as far as can be seen.
[[nodiscard]] Result<void> check_program(const std::string& path);

// Collects each child that has ended. True: one is left.
[[nodiscard]] bool has_children();

}  // namespace nbdroot::sys
