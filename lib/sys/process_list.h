// The processes of this machine, as /proc shows them.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "lib/base/result.h"

namespace nbdroot::sys {

struct ProcessInfo {
    pid_t pid = 0;
    pid_t parent = 0;
    std::string name;     // argv[0]; empty where it has none
    std::string program;  // where its file lies, as this process sees that
};

// Without kernel threads, and without processes that have ended already.
[[nodiscard]] Result<std::vector<ProcessInfo>> list_processes();

// Those of the session that PID leads or has led, but for PID itself and for those that have ended.
[[nodiscard]] std::vector<pid_t> others_in_session(pid_t pid);

// SIGTERM, and SIGCONT, without which a stopped process would never hear it.
void ask_to_end(pid_t pid);

// SIGSTOP.
void stop_process(pid_t pid);

}  // namespace nbdroot::sys
