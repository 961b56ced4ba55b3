// Another program that runs beside this one, and whose end an event loop can wait for.
#pragma once

#include <sys/types.h>

#include <optional>

#include "lib/base/result.h"
#include "lib/sys/fd.h"
#include "lib/sys/process.h"
#include "lib/sys/program.h"

namespace nbdroot::sys {

// Owns the child: one that still runs when this goes is killed. Nothing here waits: a child may be
// stuck in the kernel.
class ChildProgram {
public:
    enum class Environment { added, fixed };  // to ours; all that there is

    // In a process group of its own, with default signals, /dev/null as its input, OUTPUT (our
    // standard error) as its output and error, and no other descriptor. Needs Linux 5.3.
    [[nodiscard]] static Result<ChildProgram> start(const Program& program, int output = 2,
                                                    Environment environment = Environment::added);

    ChildProgram(ChildProgram&& other) noexcept;
    ChildProgram& operator=(ChildProgram&& other) noexcept;
    ~ChildProgram();

    // SIGKILL, to its whole process group.
    void kill() const;
    // Becomes readable when the program has ended.
    [[nodiscard]] int end_fd() const { return end_.get(); }
    // Once: how it ended; nullopt: it runs.
    [[nodiscard]] std::optional<ChildEnd> collect();

private:
    ChildProgram(pid_t pid, Fd end) : pid_(pid), end_(std::move(end)) {}

    void end();

    pid_t pid_;  // 0: collected, or moved away
    Fd end_;
};

}  // namespace nbdroot::sys
