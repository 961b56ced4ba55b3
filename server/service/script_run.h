// An operator's program that runs for a machine: what it prints and how it ends.
//
// Belongs to a loop. Destroying it kills the program and all of its process group, and leaves it
// to be collected at the end of this process.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "lib/base/result.h"
#include "lib/io/loop.h"
#include "lib/sys/child_program.h"
#include "lib/sys/fd.h"

namespace nbdroot::server::service {

class ScriptRun {
public:
    static constexpr std::size_t kMaximumOutput = std::size_t{64} * 1024;
    static constexpr Duration kLimit = std::chrono::seconds(30);

    struct Outcome {
        sys::ChildEnd end{};
        std::string output{};  // any bytes, output and errors as they came
        bool is_cut = false;   // there was more than kMaximumOutput
        bool timed_out = false;
    };
    // Once, on the loop's thread, never from within start(). It may destroy the run.
    using Done = std::function<void(const Outcome&)>;

    // PROGRAM's environment is all that it gets.
    static Result<std::unique_ptr<ScriptRun>> start(io::Loop& loop, const sys::Program& program,
                                                    Done done, Duration limit = kLimit);

    // With its process group; its end is still told.
    void kill() const { child_.kill(); }

private:
    ScriptRun(sys::ChildProgram child, sys::Fd output, Done done)
        : child_(std::move(child)), output_(std::move(output)), done_(std::move(done)) {}

    void read_output();
    void on_end();
    void on_deadline();

    sys::ChildProgram child_;
    sys::Fd output_;
    Done done_;
    Outcome outcome_;
    std::unique_ptr<io::Watch> end_watch_;
    std::unique_ptr<io::Watch> output_watch_;
    std::unique_ptr<io::Timer> deadline_;
};

}  // namespace nbdroot::server::service
