#include "lib/io/timer_queue.h"

namespace nbdroot::io {

class TimerQueue::Entry final : public Timer {
public:
    Entry(TimerQueue& queue, std::unique_ptr<State> state)
        : queue_(queue), state_(std::move(state)) {}
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    ~Entry() override { queue_.retire(std::move(state_)); }

    void arm(Instant deadline) override { queue_.arm(*state_, deadline); }
    void cancel() override { queue_.cancel(*state_); }

private:
    TimerQueue& queue_;
    std::unique_ptr<State> state_;
};

std::unique_ptr<Timer> TimerQueue::timer(std::function<void()> callback) {
    auto state = std::make_unique<State>();
    state->callback = std::move(callback);
    return std::make_unique<Entry>(*this, std::move(state));
}

std::optional<Instant> TimerQueue::next_deadline() const {
    if (armed_.empty()) return std::nullopt;
    return armed_.begin()->first.first;
}

void TimerQueue::arm(State& state, Instant deadline) {
    cancel(state);
    state.deadline = deadline;
    state.sequence = next_sequence_++;
    state.armed = true;
    armed_.insert({{deadline, state.sequence}, &state});
}

void TimerQueue::cancel(State& state) {
    if (!state.armed) return;
    armed_.erase({{state.deadline, state.sequence}, &state});  // absent when it is due already
    state.armed = false;
}

void TimerQueue::retire(std::unique_ptr<State> state) {
    cancel(*state);
    if (running_) retired_.push_back(std::move(state));
}

void TimerQueue::run_due(Instant now) {
    running_ = true;
    while (!armed_.empty() && armed_.begin()->first.first <= now) {
        due_.emplace_back(armed_.begin()->first.second, armed_.begin()->second);
        armed_.erase(armed_.begin());
    }
    for (const auto& [sequence, state] : due_) {
        // Cancelled, or armed anew, by a callback before this one.
        if (!state->armed || state->sequence != sequence) continue;
        state->armed = false;
        state->callback();
    }
    due_.clear();
    retired_.clear();
    running_ = false;
}

}  // namespace nbdroot::io
