// A loop for tests: it runs until a condition holds, and fails the test when that takes too long.
#pragma once

#include <functional>
#include <memory>

#include "lib/io/loop.h"
#include "lib/sys/clock.h"
#include "tests/support/catch.h"

namespace nbdroot::test {

class BoundedLoop {
public:
    [[nodiscard]] io::Loop& get() { return *loop_; }

    // Turns until CONDITION, which is looked at after each event and each millisecond.
    void run_until(const std::function<bool()>& condition) {
        const Instant limit = sys::now() + std::chrono::seconds(10);
        bool held = condition();
        std::unique_ptr<io::Timer> look;
        look = loop_->timer([&] {
            held = condition();
            if (held || loop_->now() > limit) return loop_->stop();
            look->arm(loop_->now() + std::chrono::milliseconds(1));
        });
        if (held) return;
        look->arm(sys::now());
        REQUIRE(loop_->run());
        REQUIRE(held);
    }

private:
    std::unique_ptr<io::Loop> loop_ = std::move(*io::make_epoll_loop());
};

}  // namespace nbdroot::test
