#include <sys/socket.h>
#include <unistd.h>

#include <ctime>
#include <string>

#include "lib/io/loop.h"
#include "lib/sys/clock.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "tests/support/catch.h"

using namespace std::chrono_literals;
using nbdroot::io::Loop;
using nbdroot::io::make_epoll_loop;
using nbdroot::io::Ready;
using nbdroot::io::Timer;
using nbdroot::io::Watch;
using nbdroot::sys::Fd;

namespace {

constexpr Ready kRead{.readable = true, .writable = false};
constexpr Ready kWrite{.readable = false, .writable = true};
constexpr Ready kBoth{.readable = true, .writable = true};

struct Pair {
    Fd ours;
    Fd theirs;
};

Pair socket_pair() {
    int fds[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
    return {Fd(fds[0]), Fd(fds[1])};
}

void put(const Fd& fd) { REQUIRE(::write(fd.get(), "x", 1) == 1); }
void take(const Fd& fd) {
    char byte;
    REQUIRE(::read(fd.get(), &byte, 1) == 1);
}

// A loop that stops, and says so, when a test's events do not come.
struct Bounded {
    std::unique_ptr<Loop> loop = std::move(*make_epoll_loop());
    bool timed_out = false;
    std::unique_ptr<Timer> limit = loop->timer([this] {
        timed_out = true;
        loop->stop();
    });

    bool run(nbdroot::Duration most = 5s) {
        limit->arm(nbdroot::sys::now() + most);
        REQUIRE(loop->run());
        return !timed_out;
    }
};

}  // namespace

TEST_CASE("a readable descriptor is reported for as long as it is readable") {
    Bounded b;
    const Pair pair = socket_pair();
    put(pair.theirs);
    int calls = 0;
    const auto watch = b.loop->watch(pair.ours.get(), kRead, [&](Ready ready) {
        CHECK(ready == kRead);
        if (++calls == 3) b.loop->stop();
    });
    REQUIRE(watch);
    REQUIRE(b.run());
    CHECK(calls == 3);
}

TEST_CASE("interest can move from writing to reading inside the callback") {
    Bounded b;
    const Pair pair = socket_pair();
    std::unique_ptr<Watch> watch;
    std::string seen;
    auto made = b.loop->watch(pair.ours.get(), kWrite, [&](Ready ready) {
        seen += ready.writable ? 'w' : 'r';
        if (!ready.writable) return b.loop->stop();
        watch->set_interest(kRead);
        put(pair.theirs);
    });
    REQUIRE(made);
    watch = std::move(*made);
    REQUIRE(b.run());
    CHECK(seen == "wr");
}

TEST_CASE("a hang-up is reported as ready, limited to what is of interest") {
    Bounded b;
    Pair pair = socket_pair();
    pair.theirs.reset();
    Ready seen;
    const auto watch = b.loop->watch(pair.ours.get(), kWrite, [&](Ready ready) {
        seen = ready;
        b.loop->stop();
    });
    REQUIRE(watch);
    REQUIRE(b.run());
    CHECK(seen == kWrite);
}

TEST_CASE("a watch without interest does not spin on a hang-up and can be woken again") {
    Bounded b;
    Pair pair = socket_pair();
    pair.theirs.reset();
    int calls = 0;
    const auto watch = b.loop->watch(pair.ours.get(), {}, [&](Ready ready) {
        CHECK(ready == kBoth);
        ++calls;
        b.loop->stop();
    });
    REQUIRE(watch);
    int calls_before = -1;
    const std::clock_t cpu_before = std::clock();
    const auto wake = b.loop->timer([&] {
        CHECK(std::clock() - cpu_before < CLOCKS_PER_SEC / 40);  // half of the wait
        calls_before = calls;
        (*watch)->set_interest(kBoth);
    });
    wake->arm(nbdroot::sys::now() + 50ms);
    REQUIRE(b.run());
    CHECK(calls_before == 0);
    CHECK(calls == 1);
}

TEST_CASE("a watch destroyed by another callback of the same turn is not called") {
    Bounded b;
    const Pair one = socket_pair();
    const Pair two = socket_pair();
    put(one.theirs);
    put(two.theirs);
    std::unique_ptr<Watch> first;
    std::unique_ptr<Watch> second;
    int calls = 0;
    auto make = [&](const Pair& pair, std::unique_ptr<Watch>& other) {
        auto made = b.loop->watch(pair.ours.get(), kRead, [&](Ready) {
            ++calls;
            other.reset();
            b.loop->stop();
        });
        REQUIRE(made);
        return std::move(*made);
    };
    first = make(one, second);
    second = make(two, first);
    REQUIRE(b.run());
    CHECK(calls == 1);
}

TEST_CASE("a watch destroyed in its own callback leaves the callback's captures intact") {
    Bounded b;
    const Pair pair = socket_pair();
    put(pair.theirs);
    std::unique_ptr<Watch> watch;
    std::string after;
    auto made = b.loop->watch(pair.ours.get(), kRead, [&, text = std::string(100, 'x')](Ready) {
        watch.reset();
        after = text;
        b.loop->stop();
    });
    REQUIRE(made);
    watch = std::move(*made);
    REQUIRE(b.run());
    CHECK(after.size() == 100);
}

TEST_CASE("timers run after the descriptors of the same turn") {
    Bounded b;
    const Pair pair = socket_pair();
    put(pair.theirs);
    std::string order;
    const auto timer = b.loop->timer([&] {
        order += 't';
        b.loop->stop();
    });
    const auto watch = b.loop->watch(pair.ours.get(), kRead, [&](Ready) {
        take(pair.ours);
        order += 'd';
    });
    REQUIRE(watch);
    timer->arm(nbdroot::sys::now());
    REQUIRE(b.run());
    CHECK(order == "dt");
}

TEST_CASE("a timer does not fire before its deadline") {
    Bounded b;
    const auto deadline = nbdroot::sys::now() + 15ms;
    nbdroot::Instant fired{};
    const auto timer = b.loop->timer([&] {
        fired = b.loop->now();
        b.loop->stop();
    });
    timer->arm(deadline);
    REQUIRE(b.run());
    CHECK(fired >= deadline);
}

TEST_CASE("stop before run ends run at once, and only that run") {
    Bounded b;
    b.loop->stop();
    REQUIRE(b.run());
    CHECK_FALSE(b.run(10ms));
}

TEST_CASE("a descriptor that epoll cannot watch is refused with the reason") {
    Bounded b;
    const auto file = nbdroot::sys::open_file("/proc/self/exe", 0);
    REQUIRE(file);
    const auto watch = b.loop->watch(file->get(), kRead, [](Ready) {});
    REQUIRE_FALSE(watch);
    CHECK(watch.error().message() == "watch descriptor: Operation not permitted");
}
