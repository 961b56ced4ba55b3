// Simulated time: what happens when, in one order for one seed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "lib/base/time.h"

namespace nbdroot::sim {

class Schedule {
public:
    using Action = std::function<void()>;
    using Key = std::pair<Instant, std::uint64_t>;  // what was said first happens first

    [[nodiscard]] Instant now() const { return now_; }

    Key at(Instant when, Action action) {
        const Key key{std::max(when, now_), count_++};
        actions_.emplace(key, std::move(action));
        return key;
    }
    Key after(Duration delay, Action action) { return at(now_ + delay, std::move(action)); }
    void cancel(const Key& key) { actions_.erase(key); }

    // False: nothing is left to do.
    bool run_next() {
        if (actions_.empty()) return false;
        auto first = actions_.extract(actions_.begin());
        now_ = first.key().first;
        first.mapped()();
        return true;
    }

private:
    Instant now_{Duration{1'000'000}};
    std::uint64_t count_ = 0;
    std::map<Key, Action> actions_;
};

// One deadline; gone with its owner.
class Timer {
public:
    Timer(Schedule& schedule, Schedule::Action action)
        : schedule_(schedule), action_(std::move(action)) {}
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;
    ~Timer() { cancel(); }

    void arm(Instant when) {
        cancel();
        key_ = schedule_.at(when, [this] {
            key_.reset();
            const Schedule::Action action = action_;  // it may end the timer
            action();
        });
    }
    void arm_after(Duration delay) { arm(schedule_.now() + delay); }
    void cancel() {
        if (key_) schedule_.cancel(*key_);
        key_.reset();
    }
    [[nodiscard]] bool is_armed() const { return key_.has_value(); }

private:
    Schedule& schedule_;
    Schedule::Action action_;
    std::optional<Schedule::Key> key_;
};

}  // namespace nbdroot::sim
