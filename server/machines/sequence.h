// Steps that are taken one after the other, each when the one before says that it is over.
//
// Belongs to a loop. A step may be over at once, or later.
#pragma once

#include <deque>
#include <functional>
#include <utility>

namespace nbdroot::server::machines {

class Sequence {
public:
    using Over = std::function<void()>;
    // Calls its argument once. Whatever it captures keeps this alive.
    using Step = std::function<void(Over)>;

    void add(Step step) {
        steps_.push_back(std::move(step));
        if (!running_) run();
    }
    [[nodiscard]] bool is_idle() const { return !running_ && steps_.empty(); }

private:
    void run() {
        if (steps_.empty()) return;
        running_ = true;
        const Step step = std::move(steps_.front());
        steps_.pop_front();
        step([this] {
            running_ = false;
            run();
        });
    }

    std::deque<Step> steps_;
    bool running_ = false;
};

}  // namespace nbdroot::server::machines
