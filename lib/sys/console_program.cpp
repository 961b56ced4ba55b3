#include "lib/sys/console_program.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <utility>

#include "lib/base/text.h"
#include "lib/sys/console.h"
#include "lib/sys/file.h"

namespace nbdroot::sys {
namespace {

// The same number on every architecture; libc may be older.
constexpr long kPidfdOpen = 434;

// What an unknown command means to a shell: the program could not be started.
constexpr int kNotStarted = 127;

// proc(5), /proc/PID/stat: "PID (NAME) state ppid pgrp session tty_nr tpgid ..."; the name may hold
// anything.
constexpr std::size_t kForegroundField = 6;  // behind the name

int start_on_console(const Program& program) {
    take_console();
    const Error error = execute(program);
    write_to_standard_error(cat("nbdroot: ", error.message(), "\n"));
    return kNotStarted;
}

std::optional<pid_t> foreground_group(pid_t pid) {
    const auto stat = read_text_file(cat("/proc/", pid, "/stat"));
    const std::size_t name_end = stat ? stat->rfind(')') : std::string::npos;
    if (name_end == std::string::npos) return std::nullopt;
    const auto fields = base::split(std::string_view(*stat).substr(name_end + 1), ' ');
    if (fields.size() <= kForegroundField) return std::nullopt;
    const auto group = base::parse_decimal(fields[kForegroundField], INT32_MAX);
    if (!group || *group <= 1) return std::nullopt;
    return static_cast<pid_t>(*group);
}

}  // namespace

Result<ConsoleProgram> ConsoleProgram::start(const Program& program) {
    termios settings{};
    const bool is_terminal = ::tcgetattr(STDIN_FILENO, &settings) == 0;
    const pid_t pid = NBDROOT_TRY(fork_child([&program] { return start_on_console(program); }));
    return ConsoleProgram(pid, Fd(static_cast<int>(::syscall(kPidfdOpen, pid, 0U))),
                          is_terminal ? std::optional(settings) : std::nullopt);
}

ChildEnd ConsoleProgram::wait() {
    const ChildEnd end = wait_for_child(pid_);
    restore(TCSANOW);
    return end;
}

void ConsoleProgram::end() {
    const auto group = foreground_group(pid_);
    kill_process(pid_);  // first: a shell would show its prompt when its program ends
    if (group) ::kill(-*group, SIGKILL);
    static_cast<void>(wait_for_child(pid_));
    restore(TCSAFLUSH);
}

void ConsoleProgram::restore(int when) const {
    if (settings_) ::tcsetattr(STDIN_FILENO, when, &*settings_);
}

}  // namespace nbdroot::sys
