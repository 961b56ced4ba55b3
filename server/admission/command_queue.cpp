#include "server/admission/command_queue.h"

#include <utility>

#include "lib/base/text.h"

namespace nbdroot::server::admission {
namespace {

Result<void> judge(const sys::ChildEnd& end) {
    if (end.is_success()) return {};
    return fail(
        "command", "",
        end.signal != 0 ? cat("killed by signal ", end.signal) : cat("exit status ", end.status));
}

}  // namespace

CommandQueue::CommandQueue(io::Loop& loop, Limits limits)
    : loop_(loop), limits_(limits), next_(loop.timer([this] { start_next(); })) {}

void CommandQueue::submit(sys::Program program, std::weak_ptr<const void> guest, Done done) {
    waiting_.push_back({std::move(program), std::move(guest), std::move(done)});
    next_->arm(loop_.now());
}

void CommandQueue::submit(sys::Program program, Done done) {
    waiting_.push_back({std::move(program), std::nullopt, std::move(done)});
    next_->arm(loop_.now());
}

void CommandQueue::start_next() {
    while (!waiting_.empty() && running_.size() < limits_.at_once) {
        Waiting next = std::move(waiting_.front());
        waiting_.pop_front();
        if (next.guest && next.guest->expired()) continue;
        const auto place = running_.emplace(running_.end());
        place->done = std::move(next.done);
        const auto started = start(next.program, *place, place);
        if (started) continue;
        const Done done = std::move(place->done);
        running_.erase(place);
        done(started);
    }
    tell_idle();
}

Result<void> CommandQueue::start(const sys::Program& program, Running& running, Place place) {
    running.child = NBDROOT_TRY(sys::ChildProgram::start(program));
    running.watch = NBDROOT_TRY(loop_.watch(running.child->end_fd(), {.readable = true},
                                            [this, place](io::Ready) { on_end(place); }));
    running.deadline = loop_.timer([this, place] { on_deadline(place); });
    running.deadline->arm(loop_.now() + limits_.time);
    return {};
}

void CommandQueue::on_end(Place place) {
    const auto end = place->child->collect();
    if (!end) return;
    const Done done = std::move(place->done);
    running_.erase(place);
    next_->arm(loop_.now());
    if (done) done(judge(*end));
    tell_idle();
}

void CommandQueue::tell_idle() const {
    if (size() == 0 && on_idle_) on_idle_();
}

void CommandQueue::on_deadline(Place place) const {
    place->child->kill();
    const Done done = std::exchange(place->done, nullptr);
    done(fail("command", "",
              cat("not done after ", limits_.time / std::chrono::seconds(1), " s, killed")));
}

}  // namespace nbdroot::server::admission
