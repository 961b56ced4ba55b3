// The deadlines of one loop, in order.
//
// A timer's callback may destroy, cancel or arm any timer, itself included. Therefore a turn first
// takes out what is due and only then calls, and a timer destroyed while its own callback runs is
// kept until that callback has returned.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "lib/base/time.h"
#include "lib/io/loop.h"

namespace nbdroot::io {

class TimerQueue {
public:
    // Timers must not outlive the queue.
    std::unique_ptr<Timer> timer(std::function<void()> callback);

    [[nodiscard]] std::optional<Instant> next_deadline() const;

    // Calls every timer whose deadline is not after NOW, earliest first. One that is armed by a
    // callback waits for the next turn, even if its deadline has passed already.
    void run_due(Instant now);

private:
    class Entry;
    struct State {
        std::function<void()> callback;
        Instant deadline{};
        std::uint64_t sequence = 0;  // armed earlier fires earlier, among equal deadlines
        bool armed = false;
    };
    using Key = std::pair<Instant, std::uint64_t>;

    void arm(State& state, Instant deadline);
    void cancel(State& state);
    void retire(std::unique_ptr<State> state);

    std::set<std::pair<Key, State*>> armed_;
    std::vector<std::pair<std::uint64_t, State*>> due_;  // of the turn that runs
    std::vector<std::unique_ptr<State>> retired_;        // destroyed in the turn that runs
    std::uint64_t next_sequence_ = 1;
    bool running_ = false;
};

}  // namespace nbdroot::io
