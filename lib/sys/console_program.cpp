#include "lib/sys/console_program.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <utility>

#include "lib/base/text.h"
#include "lib/sys/console.h"
#include "lib/sys/file.h"
#include "lib/sys/process_list.h"

namespace nbdroot::sys {
namespace {

// The same number on every architecture; libc may be older.
constexpr long kPidfdOpen = 434;

// What an unknown command means to a shell: the program could not be started.
constexpr int kNotStarted = 127;

// A program that starts others faster than they are found is not chased for ever.
constexpr int kRounds = 8;

int start_on(const std::string& terminal, const Program& program) {
    take_console(terminal);
    const Error error = execute(program);
    write_to_standard_error(cat("nbdroot: ", error.message(), "\n"));
    return kNotStarted;
}

// It may be stopped, so nothing here waits for it.
Result<Fd> open_at_once(const std::string& terminal) {
    return open_file(terminal, O_RDWR | O_NOCTTY | O_NONBLOCK);
}

}  // namespace

Result<ConsoleProgram> ConsoleProgram::start(const Program& program, const std::string& terminal) {
    const auto fd = open_at_once(terminal);
    termios settings{};
    const bool is_terminal = fd && ::tcgetattr(fd->get(), &settings) == 0;
    const pid_t pid = NBDROOT_TRY(fork_child([&] { return start_on(terminal, program); }));
    return ConsoleProgram(pid, terminal, is_terminal ? std::optional(settings) : std::nullopt);
}

ConsoleProgram::ConsoleProgram(pid_t pid, std::string terminal, std::optional<termios> settings)
    : pid_(pid),
      pid_fd_(static_cast<int>(::syscall(kPidfdOpen, pid, 0U))),
      terminal_(std::move(terminal)),
      settings_(settings) {}

ChildEnd ConsoleProgram::wait() {
    const ChildEnd end = wait_for_child(pid_);
    end_session();
    restore(Input::kept);
    return end;
}

void ConsoleProgram::end() {
    kill_process(pid_);  // first: a shell would show its prompt when its program ends
    end_session();
    static_cast<void>(wait_for_child(pid_));
    restore(Input::dropped);
}

void ConsoleProgram::end_session() const {
    for (int round = 0; round < kRounds; ++round) {
        const auto left = others_in_session(pid_);
        if (left.empty()) return;
        for (const pid_t pid : left) kill_process(pid);
    }
}

// Never TCSAFLUSH, which waits for output that an XOFF, as noise on a serial line, may have stopped
// for ever. Such output goes on where IXON is taken away (drivers/tty/n_tty.c, n_tty_set_termios).
// Opened anew: the end of a session hangs up what was open.
void ConsoleProgram::restore(Input input) const {
    const auto terminal = settings_ ? open_at_once(terminal_) : Result<Fd>(Fd());
    if (!terminal || !*terminal) return;
    const int fd = terminal->get();
    if (input == Input::dropped) ::tcflush(fd, TCIFLUSH);
    set_flow_control(fd, FlowControl::off);
    ::tcsetattr(fd, TCSANOW, &*settings_);
}

}  // namespace nbdroot::sys
