// A program on the console, beside whatever its parent does.
#pragma once

#include <sys/types.h>
#include <termios.h>

#include <optional>
#include <string>

#include "lib/base/result.h"
#include "lib/sys/fd.h"
#include "lib/sys/process.h"
#include "lib/sys/program.h"

namespace nbdroot::sys {

// In a session of its own with a terminal as its controlling terminal. One that ends, by itself or
// not, takes with it whatever it leaves in its session, which would read on from the terminal, and
// leaves the terminal's settings as they were before it. Ended by wait() or end(), one of which has
// to be called.
class ConsoleProgram {
public:
    [[nodiscard]] static Result<ConsoleProgram> start(const Program& program,
                                                      const std::string& terminal);

    // Readable once the program has ended; -1 before Linux 5.3, which cannot tell.
    [[nodiscard]] int fd() const { return pid_fd_.get(); }

    // Whether somebody could type: the console is a terminal, not /dev/null.
    [[nodiscard]] bool has_terminal() const { return settings_.has_value(); }

    // Waits for its end.
    [[nodiscard]] ChildEnd wait();

    // SIGKILL to it. What was typed and not read is gone: it was not meant for whoever reads next.
    void end();

private:
    ConsoleProgram(pid_t pid, std::string terminal, std::optional<termios> settings);

    void end_session() const;
    enum class Input { kept, dropped };
    void restore(Input input) const;

    pid_t pid_;
    Fd pid_fd_;
    std::string terminal_;
    std::optional<termios> settings_;  // of the terminal, before the program
};

}  // namespace nbdroot::sys
