// A program on the console, beside whatever its parent does.
#pragma once

#include <sys/types.h>
#include <termios.h>

#include <optional>

#include "lib/base/result.h"
#include "lib/sys/fd.h"
#include "lib/sys/process.h"
#include "lib/sys/program.h"

namespace nbdroot::sys {

// In a session of its own with the console as its controlling terminal. One that ends, by itself or
// not, leaves the terminal's settings as they were before it. Ended by wait() or end(), one of
// which has to be called.
class ConsoleProgram {
public:
    [[nodiscard]] static Result<ConsoleProgram> start(const Program& program);

    // Readable once the program has ended; -1 before Linux 5.3, which cannot tell.
    [[nodiscard]] int fd() const { return pid_fd_.get(); }

    // Whether somebody could type: the console is a terminal, not /dev/null.
    [[nodiscard]] bool has_terminal() const { return settings_.has_value(); }

    // Waits for its end.
    [[nodiscard]] ChildEnd wait();

    // SIGKILL to it and to what it runs in the foreground. What was typed and not read is gone: it
    // was not meant for whoever reads next.
    void end();

private:
    ConsoleProgram(pid_t pid, Fd pid_fd, std::optional<termios> settings)
        : pid_(pid), pid_fd_(std::move(pid_fd)), settings_(settings) {}

    // WHEN: of tcsetattr(3).
    void restore(int when) const;

    pid_t pid_;
    Fd pid_fd_;
    std::optional<termios> settings_;
};

}  // namespace nbdroot::sys
