#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <utility>
#include <vector>

#include "lib/io/loop.h"
#include "lib/io/timer_queue.h"
#include "lib/sys/clock.h"
#include "lib/sys/error.h"
#include "lib/sys/fd.h"

namespace nbdroot::io {
namespace {

// Events taken from the kernel at once. What does not fit is reported by the next call; the kernel
// goes round, so nobody starves.
constexpr int kEventsPerTurn = 256;

class EpollLoop final : public Loop {
public:
    explicit EpollLoop(sys::Fd epoll) : epoll_(std::move(epoll)), now_(sys::now()) {}

    Result<std::unique_ptr<Watch>> watch(int fd, Ready interest,
                                         std::function<void(Ready)> callback) override;
    std::unique_ptr<Timer> timer(std::function<void()> callback) override {
        return timers_.timer(std::move(callback));
    }
    [[nodiscard]] Instant now() const override { return now_; }
    Result<void> run() override;
    void stop() override { stopping_ = true; }

private:
    class Entry;
    // What the kernel's event points at. It outlives its Watch until the end of the turn, because
    // events of the same turn may still point at it and its callback may be running.
    struct State {
        int fd;
        std::function<void(Ready)> callback;
        Ready interest{};
        bool registered = false;
        bool alive = true;
    };

    bool apply(State& state, Ready interest);
    void retire(std::unique_ptr<State> state);
    Result<void> turn();
    [[nodiscard]] int wait_ms() const;

    sys::Fd epoll_;
    TimerQueue timers_;
    std::vector<std::unique_ptr<State>> retired_;
    Instant now_;
    bool stopping_ = false;
};

class EpollLoop::Entry final : public Watch {
public:
    Entry(EpollLoop& loop, std::unique_ptr<State> state) : loop_(loop), state_(std::move(state)) {}
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    ~Entry() override { loop_.retire(std::move(state_)); }

    void set_interest(Ready interest) override { loop_.apply(*state_, interest); }

private:
    EpollLoop& loop_;
    std::unique_ptr<State> state_;
};

Result<std::unique_ptr<Watch>> EpollLoop::watch(int fd, Ready interest,
                                                std::function<void(Ready)> callback) {
    auto state = std::make_unique<State>(State{.fd = fd, .callback = std::move(callback)});
    // Registered even without interest, so that a descriptor epoll cannot watch is refused here.
    if (!apply(*state, Ready{.readable = true}) || !apply(*state, interest)) {
        return sys::fail_errno("watch", "descriptor");
    }
    return std::make_unique<Entry>(*this, std::move(state));
}

// A watch without interest is taken out of the epoll set: the kernel would go on to report hang-ups
// that nobody wants to hear of, in every turn.
bool EpollLoop::apply(State& state, Ready interest) {
    if (state.registered && state.interest == interest) return true;
    state.interest = interest;
    epoll_event event{};
    event.events = (interest.readable ? EPOLLIN : 0U) | (interest.writable ? EPOLLOUT : 0U);
    event.data.ptr = &state;
    const bool wanted = interest != Ready{};  // hang-ups come without being asked for
    if (!wanted && !state.registered) return true;
    const int operation = !wanted            ? EPOLL_CTL_DEL
                          : state.registered ? EPOLL_CTL_MOD
                                             : EPOLL_CTL_ADD;
    const bool done = ::epoll_ctl(epoll_.get(), operation, state.fd, &event) == 0;
    if (done) state.registered = wanted;
    return done;
}

void EpollLoop::retire(std::unique_ptr<State> state) {
    apply(*state, {});
    state->alive = false;
    retired_.push_back(std::move(state));
}

int EpollLoop::wait_ms() const {
    const auto deadline = timers_.next_deadline();
    if (!deadline) return -1;
    const auto left = (*deadline - sys::now()).count();
    return static_cast<int>(std::clamp<decltype(left)>(left, 0, INT_MAX));
}

Result<void> EpollLoop::turn() {
    std::array<epoll_event, kEventsPerTurn> events;
    const int count = ::epoll_wait(epoll_.get(), events.data(), kEventsPerTurn, wait_ms());
    if (count < 0 && errno != EINTR) return sys::fail_errno("epoll_wait", "");
    now_ = sys::now();
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        auto& state = *static_cast<State*>(event.data.ptr);
        const bool broken = (event.events & (EPOLLERR | EPOLLHUP)) != 0;
        // Interest as it is now: a callback of this turn may have changed it.
        const Ready ready{
            .readable = state.interest.readable && (broken || (event.events & EPOLLIN) != 0),
            .writable = state.interest.writable && (broken || (event.events & EPOLLOUT) != 0),
            .hung_up = state.interest.hung_up && broken};
        if (state.alive && ready != Ready{}) state.callback(ready);
    }
    timers_.run_due(now_);
    retired_.clear();
    return {};
}

Result<void> EpollLoop::run() {
    now_ = sys::now();
    while (!stopping_) NBDROOT_CHECK(turn());
    stopping_ = false;
    return {};
}

}  // namespace

Result<std::unique_ptr<Loop>> make_epoll_loop() {
    sys::Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
    if (!epoll) return sys::fail_errno("epoll_create", "");
    return std::make_unique<EpollLoop>(std::move(epoll));
}

}  // namespace nbdroot::io
