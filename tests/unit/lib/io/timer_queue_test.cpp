#include "lib/io/timer_queue.h"

#include <string>

#include "tests/support/catch.h"

using nbdroot::Duration;
using nbdroot::Instant;
using nbdroot::io::Timer;
using nbdroot::io::TimerQueue;

namespace {
Instant at(int ms) { return Instant(Duration(ms)); }
}  // namespace

TEST_CASE("timers fire in order of their deadlines, equal ones in order of arming") {
    TimerQueue queue;
    std::string fired;
    const auto a = queue.timer([&] { fired += 'a'; });
    const auto b = queue.timer([&] { fired += 'b'; });
    const auto c = queue.timer([&] { fired += 'c'; });
    a->arm(at(20));
    c->arm(at(10));
    b->arm(at(10));
    CHECK(queue.next_deadline() == at(10));
    queue.run_due(at(9));
    CHECK(fired.empty());
    queue.run_due(at(30));
    CHECK(fired == "cba");
    queue.run_due(at(40));
    CHECK(fired == "cba");
}

TEST_CASE("a timer cancelled by another callback of the same turn does not fire") {
    TimerQueue queue;
    int fired = 0;
    std::unique_ptr<Timer> second = queue.timer([&] { ++fired; });
    const auto first = queue.timer([&] { second->cancel(); });
    first->arm(at(1));
    second->arm(at(2));
    queue.run_due(at(5));
    CHECK(fired == 0);
}

TEST_CASE("a timer destroyed by another callback of the same turn does not fire") {
    TimerQueue queue;
    int fired = 0;
    std::unique_ptr<Timer> second = queue.timer([&] { ++fired; });
    const auto first = queue.timer([&] { second.reset(); });
    first->arm(at(1));
    second->arm(at(2));
    queue.run_due(at(5));
    CHECK(fired == 0);
}

TEST_CASE("a timer destroyed in its own callback leaves the callback's captures intact") {
    TimerQueue queue;
    std::unique_ptr<Timer> timer;
    std::string after;
    timer = queue.timer([&after, &timer, text = std::string(100, 'x')] {
        timer.reset();
        after = text;
    });
    timer->arm(at(1));
    queue.run_due(at(1));
    CHECK(after.size() == 100);
}

TEST_CASE("a timer that arms itself in the past waits for the next turn") {
    TimerQueue queue;
    int fired = 0;
    std::unique_ptr<Timer> timer;
    timer = queue.timer([&] {
        ++fired;
        timer->arm(at(0));
    });
    timer->arm(at(1));
    queue.run_due(at(1));
    CHECK(fired == 1);
    queue.run_due(at(1));
    CHECK(fired == 2);
}

TEST_CASE("a due timer that another callback moves into the future fires only then") {
    TimerQueue queue;
    int fired = 0;
    std::unique_ptr<Timer> second = queue.timer([&] { ++fired; });
    const auto first = queue.timer([&] { second->arm(at(100)); });
    first->arm(at(1));
    second->arm(at(2));
    queue.run_due(at(5));
    CHECK(fired == 0);
    queue.run_due(at(100));
    CHECK(fired == 1);
}
