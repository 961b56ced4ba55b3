#include "lib/sys/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "lib/sys/error.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/sys/stream.h"

#ifndef PR_SET_IO_FLUSHER
#define PR_SET_IO_FLUSHER 57
#endif

namespace nbdroot::sys {
namespace {

// The same numbers on every architecture (include/uapi/asm-generic/unistd.h); libc may be older.
constexpr long kPidfdOpen = 434;
constexpr long kCloseRange = 436;

bool set_argument_border(int which, const char* place) {
    return prctl(PR_SET_MM, which, reinterpret_cast<std::uintptr_t>(place), 0, 0) == 0;
}

// The kernel wants start <= end after every single step (kernel/sys.c), so the order of the two
// depends on where the old arguments lie.
bool set_argument_range(const char* begin, const char* end) {
    if (set_argument_border(PR_SET_MM_ARG_START, begin)) {
        return set_argument_border(PR_SET_MM_ARG_END, end);
    }
    return set_argument_border(PR_SET_MM_ARG_END, end) &&
           set_argument_border(PR_SET_MM_ARG_START, begin);
}

}  // namespace

Result<pid_t> fork_child(const std::function<int()>& body) {
    const pid_t pid = fork();
    if (pid < 0) return fail_errno("fork", "");
    if (pid == 0) _exit(body());
    return pid;
}

ChildEnd wait_for_child(pid_t pid) {
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFSIGNALED(status)) return {.signal = WTERMSIG(status)};
    return {.status = WEXITSTATUS(status)};
}

bool is_done_within(Duration limit, const std::function<void()>& body) {
    auto pair = make_stream_pair();
    if (!pair) return false;
    const auto child = fork_child([&] {
        body();
        static_cast<void>(send_some(pair->second.get(), base::as_bytes("!"), ""));
        return 0;
    });
    if (!child) return false;
    pair->second.reset();
    const bool is_done = wait_for_byte(pair->first.get(), limit);
    kill_process(*child);
    if (is_done) static_cast<void>(wait_for_child(*child));
    return is_done;
}

pid_t own_process() { return getpid(); }

bool is_root() { return geteuid() == 0; }

void kill_process(pid_t pid) { kill(pid, SIGKILL); }

bool end_process(pid_t pid, Duration limit) {
    const Fd end(static_cast<int>(syscall(kPidfdOpen, pid, 0U)));
    kill_process(pid);
    pollfd watched{.fd = end.get(), .events = POLLIN, .revents = 0};
    return end && poll(&watched, 1, static_cast<int>(limit.count())) > 0;
}

void kill_group(pid_t pid) {
    kill(-pid, SIGKILL);
    kill(pid, SIGKILL);  // it may not lead a group yet
    (void)wait_for_child(pid);
}

void kill_child(pid_t pid) {
    kill(pid, SIGKILL);
    (void)wait_for_child(pid);
}

void close_all_but(int kept) {
    const auto close_range = [](unsigned first, unsigned last) {
        if (first <= last) (void)syscall(kCloseRange, first, last, 0U);
    };
    const auto number = static_cast<unsigned>(kept);
    if (number > 0) close_range(0, number - 1);
    close_range(number + 1, UINT32_MAX);
}

// The new argv[0] lives in a mapping of its own until the process ends: the kernel reads arguments
// from anonymous memory only (fs/proc/base.c, FOLL_ANON), never from a program's own file.
Result<void> rename_process(std::string_view name) {
    const std::size_t page = 4096;
    void* memory = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return fail_errno("rename process", std::string(name));
    auto* copy = static_cast<char*>(memory);
    const std::size_t length = name.copy(copy, page - 1);  // a new page is zero: terminated
    if (prctl(PR_SET_NAME, reinterpret_cast<std::uintptr_t>(copy), 0, 0, 0) < 0 ||
        !set_argument_range(copy, copy + length + 1)) {
        return fail_errno("rename process", std::string(name));
    }
    return {};
}

Result<void> leave_terminal() {
    if (setsid() < 0 && errno != EPERM) return fail_errno("setsid", "");
    const Fd null = NBDROOT_TRY(open_file("/dev/null", O_RDWR));
    for (int stream = 0; stream <= 2; ++stream) {
        if (dup2(null.get(), stream) < 0) return fail_errno("dup2", "/dev/null");
    }
    return {};
}

Result<void> block_all_signals() {
    sigset_t all;
    sigfillset(&all);
    if (sigprocmask(SIG_SETMASK, &all, nullptr) < 0) return fail_errno("block signals", "");
    return {};
}

Result<void> refuse_memory_killer() {
    return write_control_file("/proc/self/oom_score_adj", "-1000");
}

Result<void> lock_memory() {
    if (mlockall(MCL_CURRENT | MCL_FUTURE) < 0) return fail_errno("mlockall", "");
    return {};
}

Result<void> become_io_flusher() {
    if (prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0) < 0) return fail_errno("PR_SET_IO_FLUSHER", "");
    return {};
}

}  // namespace nbdroot::sys
