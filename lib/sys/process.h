// Processes that outlive the boot: fork, and what protects a process that the root depends on.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string_view>

#include "lib/base/result.h"
#include "lib/base/time.h"

namespace nbdroot::sys {

// fork(2). The child runs BODY and exits with its value; it never returns from here.
[[nodiscard]] Result<pid_t> fork_child(const std::function<int()>& body);

// How a child ended: its exit status, or the signal that ended it.
struct ChildEnd {
    int status = 0;
    int signal = 0;  // 0: it exited

    [[nodiscard]] bool is_success() const { return status == 0 && signal == 0; }
};
// Waits for the end of PID, a child of this process.
[[nodiscard]] ChildEnd wait_for_child(pid_t pid);

// Runs BODY, which may hang in the kernel, in a child. False: it is not done after LIMIT; nobody
// waits for it any more.
[[nodiscard]] bool is_done_within(Duration limit, const std::function<void()>& body);

[[nodiscard]] pid_t own_process();

// Whether this process may do what only root may.
[[nodiscard]] bool is_root();

// SIGKILL to PID, which need not be a child.
void kill_process(pid_t pid);
// The same; false: it has not ended within LIMIT, or there is no such process.
bool end_process(pid_t pid, Duration limit);

// SIGKILL to PID, a child, and to every process of the group that it leads, if it does so already.
// Collects the child.
void kill_group(pid_t pid);

// Ends PID (SIGKILL) and collects it; for children of ours that must not go on.
void kill_child(pid_t pid);

// Closes every descriptor but KEPT, for a child that may be stuck in the kernel: what it shares
// with its parent would stay open. Before Linux 5.9 it does nothing.
void close_all_but(int kept);

// What `ps` and systemd see: argv[0] and the thread's name, which keeps 15 characters.
[[nodiscard]] Result<void> rename_process(std::string_view name);

// A session of its own, standard streams on /dev/null.
[[nodiscard]] Result<void> leave_terminal();

// Every signal that can be blocked is.
[[nodiscard]] Result<void> block_all_signals();

// oom_score_adj -1000: the out-of-memory killer passes by. Needs /proc.
[[nodiscard]] Result<void> refuse_memory_killer();

// Present and future pages stay in memory.
[[nodiscard]] Result<void> lock_memory();

// PR_SET_IO_FLUSHER: allocations of this process never wait for writeback that needs this process.
[[nodiscard]] Result<void> become_io_flusher();

}  // namespace nbdroot::sys
