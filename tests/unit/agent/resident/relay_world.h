// A relay between a kernel and a server, all played at random, whose process may end after any
// store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "agent/resident/relay.h"
#include "tests/unit/agent/resident/relay_peers.h"

namespace nbdroot::agent::resident {

class World {
public:
    struct Options {
        std::uint32_t seed = 1;
        std::uint64_t crash_at = 0;      // after that many stores, once; 0: never
        std::uint32_t crash_one_in = 0;  // after each store with that chance; 0: never
        std::uint32_t requests = 100;
        bool fails_requests = false;  // fail_kept_requests() now and then
    };

    explicit World(const Options& options)
        : options_(options),
          random_(options.seed),
          kernel_({.requests = options.requests,
                   .queue_depth = 9,
                   .largest_data = 300,
                   .relay_may_fail = options.fails_requests}),
          server_(kernel_) {
        start();
    }

    // To the end: all requests answered. What went wrong, or nothing.
    [[nodiscard]] std::string run() {
        for (int step = 0; step < kMaximumSteps && problem().empty(); ++step) {
            if (kernel_.is_done()) return check();
            one_step();
        }
        return problem().empty() ? "requests are left unanswered" : problem();
    }

    [[nodiscard]] std::uint64_t stores() const { return stores_; }
    [[nodiscard]] int crashes() const { return crashes_; }
    [[nodiscard]] int connections() const { return connections_; }

private:
    static constexpr int kMaximumSteps = 20'000;
    static constexpr std::size_t kRequestRing = 700;  // little more than two large requests
    static constexpr std::size_t kReplyRing = 333;

    // How much one system call moves: often all of it.
    [[nodiscard]] std::size_t some() {
        return random_.below(2) == 0 ? kAll : 1 + random_.below(200);
    }

    [[nodiscard]] const std::string& problem() const {
        if (!kernel_.problem.empty()) return kernel_.problem;
        return server_.problem.empty() ? relay_problem_ : server_.problem;
    }
    void note(const std::optional<Error>& error) {
        if (error) relay_problem_ = "relay: " + error->message();
    }

    void start() {
        relay_.emplace(memory_.store([this] { after_store(); }), Instant{});
        note(relay_->kernel_error());
    }
    // A snapshot is what the next process finds; what the old one does after it is not wanted.
    void after_store() {
        ++stores_;
        const bool now = stores_ == options_.crash_at ||
                         (options_.crash_one_in != 0 && random_.below(options_.crash_one_in) == 0);
        if (now && !snapshot_) snapshot_ = memory_;
    }
    // Whether the process ended during the last call into the relay; then another one has begun,
    // which may have ended in turn.
    bool crashed() {
        const bool any = snapshot_.has_value();
        while (snapshot_) {
            memory_ = *std::exchange(snapshot_, std::nullopt);
            ++crashes_;
            connected_ = false;
            server_.reset();
            start();
        }
        return any;
    }

    void one_step() {
        const std::uint32_t what = random_.below(16);
        if (what < 2) return kernel_.make_request(random_);
        if (what < 5) return kernel_to_relay();
        if (what < 8) return relay_to_kernel();
        if (what < 10) return relay_to_server();
        if (what < 12) return server_.answer_request(random_);
        if (what < 15) return server_to_relay();
        change_connection();
    }

    void kernel_to_relay() {
        if (kernel_.wire.is_empty() || !relay_->wants_kernel_bytes()) return;
        const Relay::KernelTransfer transfer = relay_->kernel_space();
        if (crashed()) return;
        const std::size_t moved = copy_into(transfer.places, kernel_.wire.get(), some());
        transfer.record.moved_bytes = static_cast<std::uint32_t>(moved);
        kernel_.wire.drop(moved);
        after_store();  // the process may end before it knows
        relay_->kernel_received();
        if (!crashed()) note(relay_->kernel_error());
    }

    void relay_to_kernel() {
        if (!relay_->has_kernel_output()) return;
        const Relay::KernelTransfer transfer = relay_->kernel_output();
        if (crashed()) return;
        const Bytes bytes = copy_from(transfer.places, some());
        transfer.record.moved_bytes = static_cast<std::uint32_t>(bytes.size());
        kernel_.take(bytes);
        after_store();
        relay_->kernel_sent();
        (void)crashed();
    }

    void relay_to_server() {
        if (!relay_->has_server_output()) return;
        const Bytes bytes = copy_from(relay_->server_output(), some());
        server_.take(bytes);
        relay_->server_sent(bytes.size());
        (void)crashed();
    }

    void server_to_relay() {
        if (server_.wire.is_empty() || !relay_->wants_server_bytes()) return;
        const std::size_t moved = copy_into(relay_->server_space(), server_.wire.get(), some());
        server_.wire.drop(moved);
        const auto received = relay_->server_received(moved);
        if (!crashed() && !received) note(received.error());
    }

    void change_connection() {
        if (connected_) {
            if (random_.below(3) != 0) return;
            relay_->on_disconnected();
            server_.reset();
            connected_ = false;
        } else {
            if (options_.fails_requests && random_.below(4) == 0) relay_->fail_kept_requests();
            if (crashed() || random_.below(2) == 0) return;
            relay_->on_connected();
            connected_ = true;
            ++connections_;
        }
        (void)crashed();
    }

    // At the end: nothing is left anywhere.
    [[nodiscard]] std::string check() const {
        if (!problem().empty()) return problem();
        if (kernel_.has_partial_reply()) return "kernel: bytes behind the last reply";
        if (relay_->counters().in_flight != 0) return "relay: a request in flight at the end";
        if (relay_->counters().kept_bytes != 0) return "relay: bytes kept at the end";
        return "";
    }

    Options options_;
    Random random_;
    FakeKernel kernel_;
    FakeServer server_;
    Memory memory_{kRequestRing, kReplyRing};
    std::optional<Memory> snapshot_;
    std::optional<Relay> relay_;
    bool connected_ = false;
    std::uint64_t stores_ = 0;
    int crashes_ = 0;
    int connections_ = 0;
    std::string relay_problem_;
};

}  // namespace nbdroot::agent::resident
