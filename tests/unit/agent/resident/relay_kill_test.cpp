// A process that runs the relay on real sockets is killed (SIGKILL) at any moment, again and again;
// the next one goes on with the same memory and the same socket to the kernel.
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>

#include <array>
#include <chrono>

#include "agent/resident/relay_pump.h"
#include "lib/sys/process.h"
#include "lib/sys/shared_memory.h"
#include "lib/sys/stream.h"
#include "tests/support/catch.h"
#include "tests/unit/agent/resident/relay_peers.h"

namespace nbdroot::agent::resident {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kKills = 400;  // or as many as there is time for, where a fork is slow
constexpr int kFewestKills = 15;
constexpr auto kEnough = std::chrono::seconds(4);
constexpr std::uint32_t kTurns = 12;      // between two kills, at most
constexpr std::uint32_t kMomentUs = 400;  // that the child is left alone with its bytes, at most

// What the session process does: it never returns before the kernel's end is closed.
int pump(ByteSpan memory, int kernel, sys::Fd server) {
    auto loop = io::make_epoll_loop();
    if (!loop) return 1;
    Relay relay(RelayStore::over(memory), Instant{});
    RelayPump pump(**loop, relay, kernel,
                   {.connection_lost = [&](const Error&) { (*loop)->stop(); },
                    .device_over = [&](const Result<void>&) { (*loop)->stop(); }});
    if (!pump.start() || !pump.connect(std::move(server), "server")) return 2;
    return (*loop)->run() ? 3 : 4;
}

class Guardian {
public:
    explicit Guardian(std::uint32_t seed)
        : random_(seed),
          kernel_({.requests = UINT32_MAX,
                   .queue_depth = 12,
                   .largest_data = 100'000,
                   .relay_may_fail = false}),
          server_(kernel_) {}

    void run_until_killed() {
        auto connection = sys::make_stream_pair().value();
        server_.reset();
        server_end_ = std::move(connection.first);
        const pid_t child = sys::fork_child([&] {
                                kernel_pair_.first.reset();
                                server_end_.reset();
                                return pump(memory_.bytes(), kernel_pair_.second.get(),
                                            std::move(connection.second));
                            }).value();
        connection.second.reset();
        const int turns = static_cast<int>(random_.below(kTurns));
        for (int turn = 0; turn < turns && problem().empty(); ++turn) one_turn();
        wait_for_moment();
        sys::kill_child(child);
    }

    [[nodiscard]] const std::string& problem() const {
        if (!kernel_.problem.empty()) return kernel_.problem;
        return server_.problem.empty() ? socket_problem_ : server_.problem;
    }
    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

private:
    // Of the kind at which something may get lost: while the child works on what the last turn gave
    // it, in the middle of a receive, right after a reply was sent.
    void wait_for_moment() {
        const auto end = Clock::now() + std::chrono::microseconds(random_.below(kMomentUs));
        const std::uint32_t kind = random_.below(3);
        const int untaken = bytes_untaken();
        while (Clock::now() < end) {
            if (kind == 1 && bytes_untaken() < untaken) return;
            pollfd kernel{.fd = kernel_pair_.first.get(), .events = POLLIN, .revents = 0};
            if (kind == 2 && ::poll(&kernel, 1, 0) > 0) return;
        }
    }
    [[nodiscard]] int bytes_untaken() const {
        int count = 0;
        return ::ioctl(kernel_pair_.first.get(), SIOCOUTQ, &count) == 0 ? count : 0;
    }

    void one_turn() {
        for (int i = 0; i < 4; ++i) kernel_.make_request(random_);
        for (int i = 0; i < 4; ++i) server_.answer_request(random_);
        const auto interest = [](const Wire& wire) {
            return static_cast<short>(POLLIN | (wire.is_empty() ? 0 : POLLOUT));
        };
        std::array<pollfd, 2> ends{
            pollfd{.fd = kernel_pair_.first.get(), .events = interest(kernel_.wire), .revents = 0},
            pollfd{.fd = server_end_.get(), .events = interest(server_.wire), .revents = 0}};
        constexpr int kWaitMs = 10'000;  // everything is in flight, so something must come
        if (::poll(ends.data(), ends.size(), kWaitMs) <= 0) socket_problem_ = "nothing moves";
        move(kernel_pair_.first, kernel_);
        move(server_end_, server_);
    }

    template <class Peer>
    void move(const sys::Fd& end, Peer& peer) {
        if (!peer.wire.is_empty()) {
            const auto sent = sys::send_some(end.get(), peer.wire.get(), "test");
            if (!sent) socket_problem_ = sent.error().message();
            peer.wire.drop(sent.value_or(0).value_or(0));
        }
        const auto got = sys::receive_some(end.get(), buffer_, "test");
        if (!got) socket_problem_ = got.error().message();
        const std::size_t count = got.value_or(0).value_or(0);
        bytes_ += count;
        peer.take(ByteView(buffer_).first(count));
    }

    Random random_;
    FakeKernel kernel_;
    FakeServer server_;
    sys::SharedMemory memory_ = sys::make_shared_memory(kRelayMemoryBytes).value();
    sys::StreamPair kernel_pair_ = sys::make_stream_pair().value();  // the driver's end, ours
    sys::Fd server_end_;
    std::string socket_problem_;
    std::uint64_t bytes_ = 0;
    Bytes buffer_ = Bytes(256 << 10);
};

}  // namespace

TEST_CASE("SIGKILL at any moment loses, doubles and reorders no byte") {
    const auto seed = static_cast<std::uint32_t>(Clock::now().time_since_epoch().count());
    INFO("seed " << seed);
    Guardian guardian(seed);
    const auto end = Clock::now() + kEnough;
    int kills = 0;
    while (kills < kKills && Clock::now() < end && guardian.problem().empty()) {
        guardian.run_until_killed();
        ++kills;
    }
    INFO(kills << " kills");
    CHECK(guardian.problem() == "");
    CHECK(kills >= kFewestKills);
    CHECK(guardian.bytes() > 100'000);
}

}  // namespace nbdroot::agent::resident
