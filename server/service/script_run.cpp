#include "server/service/script_run.h"

#include <algorithm>
#include <array>
#include <utility>

#include "lib/sys/pipe.h"

namespace nbdroot::server::service {

Result<std::unique_ptr<ScriptRun>> ScriptRun::start(io::Loop& loop, const sys::Program& program,
                                                    Done done, Duration limit) {
    sys::Pipe pipe = NBDROOT_TRY(sys::make_pipe());
    sys::ChildProgram child = NBDROOT_TRY(sys::ChildProgram::start(
        program, pipe.writer.get(), sys::ChildProgram::Environment::fixed));
    std::unique_ptr<ScriptRun> run(
        new ScriptRun(std::move(child), std::move(pipe.reader), std::move(done)));
    ScriptRun* const raw = run.get();
    run->end_watch_ = NBDROOT_TRY(
        loop.watch(raw->child_.end_fd(), {.readable = true}, [raw](io::Ready) { raw->on_end(); }));
    run->output_watch_ = NBDROOT_TRY(loop.watch(raw->output_.get(), {.readable = true},
                                                [raw](io::Ready) { raw->read_output(); }));
    run->deadline_ = loop.timer([raw] { raw->on_deadline(); });
    run->deadline_->arm(loop.now() + limit);
    return run;
}

// What is too much is read all the same: the program shall not stand still with a full pipe.
void ScriptRun::read_output() {
    std::array<char, 4096> buffer;
    for (std::size_t left = kMaximumOutput; left > 0;) {
        const auto got = sys::read_pipe(output_.get(), std::as_writable_bytes(std::span(buffer)));
        if (got && !*got) return;
        if (!got || **got == 0) return output_watch_.reset();
        const std::size_t room = kMaximumOutput - outcome_.output.size();
        outcome_.output.append(buffer.data(), std::min(room, **got));
        if (**got > room) outcome_.is_cut = true;
        left -= std::min(left, **got);
    }
}

// Its own end counts: a grandchild that it leaves behind may hold the pipe for ever.
void ScriptRun::on_end() {
    const auto end = child_.collect();
    if (!end) return;
    outcome_.end = *end;
    if (output_watch_) read_output();
    end_watch_.reset();
    output_watch_.reset();
    deadline_.reset();
    const Done done = std::move(done_);
    const Outcome outcome = std::move(outcome_);
    done(outcome);
}

void ScriptRun::on_deadline() {
    outcome_.timed_out = true;
    child_.kill();
}

}  // namespace nbdroot::server::service
