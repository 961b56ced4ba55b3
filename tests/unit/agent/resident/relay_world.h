// A kernel and a server, played at random around a relay whose process may end after any store.
//
// The kernel checks each reply: an outstanding request, once, with its data. A server checks each
// request: as the kernel wrote it, in the kernel's order, not one whose reply the kernel has.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>

#include "agent/resident/relay.h"
#include "lib/base/text.h"
#include "tests/unit/agent/resident/relay_bench.h"

namespace nbdroot::agent::resident {

class World {
public:
    struct Options {
        std::uint32_t seed = 1;
        std::uint64_t crash_at = 0;      // after that many stores, once; 0: never
        std::uint32_t crash_one_in = 0;  // after each store with that chance; 0: never
        std::uint32_t requests = 100;    // that the kernel makes in all
        bool fails_requests = false;     // fail_kept_requests() now and then
    };

    explicit World(const Options& options) : options_(options), random_(options.seed) { start(); }

    // To the end: all requests answered. What went wrong, or nothing.
    [[nodiscard]] std::string run() {
        for (int step = 0; step < kMaximumSteps && problem_.empty(); ++step) {
            if (made_ == options_.requests && outstanding_.empty() && wire_.empty()) return check();
            one_step();
        }
        return problem_.empty() ? "requests are left unanswered" : problem_;
    }

    [[nodiscard]] std::uint64_t stores() const { return stores_; }
    [[nodiscard]] int crashes() const { return crashes_; }
    [[nodiscard]] int connections() const { return connections_; }

private:
    static constexpr int kMaximumSteps = 20'000;
    static constexpr std::uint32_t kLargestData = 300;
    static constexpr std::size_t kRequestRing = 700;  // little more than two large ones
    static constexpr std::size_t kReplyRing = 333;
    static constexpr std::size_t kQueueDepth = 9;

    [[nodiscard]] std::uint32_t below(std::uint32_t limit) {
        return std::uniform_int_distribution<std::uint32_t>(0, limit - 1)(random_);
    }
    // How much one system call moves: often all of it.
    [[nodiscard]] std::size_t some() { return below(2) == 0 ? kAll : 1 + below(200); }
    void problem(std::string text) {
        if (problem_.empty()) problem_ = std::move(text);
    }

    void start() {
        relay_.emplace(memory_.store([this] { after_store(); }));
        if (relay_->kernel_error()) problem(relay_->kernel_error()->message());
    }
    // A snapshot is what the next process finds; what the old one does after it is not wanted.
    void after_store() {
        ++stores_;
        const bool now = stores_ == options_.crash_at ||
                         (options_.crash_one_in != 0 && below(options_.crash_one_in) == 0);
        if (now && !snapshot_) snapshot_ = memory_;
    }
    // Whether the process ended during the last call into the relay; then another one has begun,
    // which may have ended in turn.
    bool crashed() {
        const bool any = snapshot_.has_value();
        while (snapshot_) {
            memory_ = *std::exchange(snapshot_, std::nullopt);
            ++crashes_;
            drop_connection();
            start();
        }
        return any;
    }

    void one_step() {
        switch (below(16)) {
            case 0:
                return make_request();
            case 1:
                return make_request();
            case 2:
            case 3:
            case 4:
                return kernel_to_relay();
            case 5:
            case 6:
            case 7:
                return relay_to_kernel();
            case 8:
            case 9:
                return relay_to_server();
            case 10:
            case 11:
                return answer_request();
            case 12:
            case 13:
            case 14:
                return server_to_relay();
            default:
                return change_connection();
        }
    }

    // -- the kernel

    void make_request() {
        if (made_ == options_.requests || outstanding_.size() == kQueueDepth) return;
        const std::uint64_t cookie = ++made_;
        const std::uint32_t length = below(kLargestData + 1);
        constexpr std::array kCommands{Command::read, Command::write, Command::flush,
                                       Command::trim};
        const protocol::nbd::Request request{.command = kCommands[below(kCommands.size())],
                                             .cookie = cookie,
                                             .offset_bytes = cookie * 4096,
                                             .length_bytes = length};
        outstanding_.emplace(cookie, request);
        wire_ = std::move(wire_) + request_bytes(request);
    }

    void kernel_to_relay() {
        if (wire_.empty() || !relay_->wants_kernel_bytes()) return;
        const Relay::KernelTransfer transfer = relay_->kernel_space();
        if (crashed()) return;
        const std::size_t moved = copy_into(transfer.places, wire_, some());
        transfer.record.moved_bytes = static_cast<std::uint32_t>(moved);
        wire_.erase(wire_.begin(), wire_.begin() + static_cast<std::ptrdiff_t>(moved));
        after_store();  // the process may end before it returns
        relay_->kernel_received();
        if (!crashed() && relay_->kernel_error()) problem(relay_->kernel_error()->message());
    }

    void relay_to_kernel() {
        if (!relay_->has_kernel_output()) return;
        const Relay::KernelTransfer transfer = relay_->kernel_output();
        if (crashed()) return;
        Bytes bytes = copy_from(transfer.places, some());
        transfer.record.moved_bytes = static_cast<std::uint32_t>(bytes.size());
        kernel_input_ = std::move(kernel_input_) + bytes;
        after_store();
        relay_->kernel_sent();
        (void)crashed();
        while (take_reply()) {
        }
    }

    bool take_reply() {
        if (kernel_input_.size() < protocol::nbd::kSimpleReplySize) return false;
        const auto reply = protocol::nbd::parse_simple_reply(
            ByteView(kernel_input_).first<protocol::nbd::kSimpleReplySize>());
        if (!reply) return problem("kernel: " + reply.error().message()), false;
        const auto found = outstanding_.find(reply->cookie);
        if (found == outstanding_.end()) {
            return problem(cat("kernel: a second reply for ", reply->cookie)), false;
        }
        const auto& request = found->second;
        const bool has_data = request.command == Command::read && reply->error == ErrorNumber::none;
        const Bytes expected =
            reply_bytes(reply->cookie, has_data ? request.length_bytes : 0, reply->error);
        if (kernel_input_.size() < expected.size()) return false;
        if (!std::equal(expected.begin(), expected.end(), kernel_input_.begin())) {
            return problem(cat("kernel: other data for ", reply->cookie)), false;
        }
        check_error(*reply);
        kernel_input_.erase(kernel_input_.begin(),
                            kernel_input_.begin() + static_cast<std::ptrdiff_t>(expected.size()));
        outstanding_.erase(found);
        return true;
    }
    void check_error(const protocol::nbd::SimpleReply& reply) {
        const bool from_server = reply.error == error_of(reply.cookie);
        const bool from_relay = options_.fails_requests && reply.error == ErrorNumber::io;
        if (!from_server && !from_relay) problem(cat("kernel: other error for ", reply.cookie));
    }
    // Some requests fail at every server.
    [[nodiscard]] static ErrorNumber error_of(std::uint64_t cookie) {
        return cookie % 7 == 0 ? ErrorNumber::no_space : ErrorNumber::none;
    }

    // -- the server

    void drop_connection() {
        connected_ = false;
        server_input_.clear();
        server_output_.clear();
        waiting_.clear();
        last_seen_ = 0;
    }

    void change_connection() {
        if (!connected_) {
            if (options_.fails_requests && below(4) == 0) relay_->fail_kept_requests();
            if (crashed() || below(2) == 0) return;
            relay_->on_connected();
            if (crashed()) return;
            connected_ = true;
            ++connections_;
        } else if (below(3) == 0) {
            relay_->on_disconnected();
            if (!crashed()) drop_connection();
        }
    }

    void relay_to_server() {
        if (!relay_->has_server_output()) return;
        if (!connected_) return problem("relay: output without a connection");
        Bytes bytes = copy_from(relay_->server_output(), some());
        server_input_ = std::move(server_input_) + bytes;
        relay_->server_sent(bytes.size());
        if (crashed()) return;
        while (take_request()) {
        }
    }

    bool take_request() {
        if (server_input_.size() < protocol::nbd::kRequestSize) return false;
        const auto request = protocol::nbd::parse_request(
            ByteView(server_input_).first<protocol::nbd::kRequestSize>());
        if (!request) return problem("server: " + request.error().message()), false;
        const auto found = outstanding_.find(request->cookie);
        if (found == outstanding_.end()) {
            return problem(cat("server: ", request->cookie, " was answered before")), false;
        }
        const Bytes expected = request_bytes(found->second);
        if (server_input_.size() < expected.size()) return false;
        if (!std::equal(expected.begin(), expected.end(), server_input_.begin())) {
            return problem(cat("server: other bytes in ", request->cookie)), false;
        }
        if (request->cookie <= last_seen_) {
            return problem(cat("server: ", request->cookie, " after ", last_seen_)), false;
        }
        last_seen_ = request->cookie;
        waiting_.insert(request->cookie);
        server_input_.erase(server_input_.begin(),
                            server_input_.begin() + static_cast<std::ptrdiff_t>(expected.size()));
        return true;
    }

    void answer_request() {
        if (waiting_.empty()) return;
        const auto chosen =
            std::next(waiting_.begin(), below(static_cast<std::uint32_t>(waiting_.size())));
        const auto& request = outstanding_.at(*chosen);
        const ErrorNumber error = error_of(*chosen);
        const bool has_data = request.command == Command::read && error == ErrorNumber::none;
        server_output_ = std::move(server_output_) +
                         reply_bytes(*chosen, has_data ? request.length_bytes : 0, error);
        waiting_.erase(chosen);
    }

    void server_to_relay() {
        if (server_output_.empty() || !relay_->wants_server_bytes()) return;
        const std::size_t moved = copy_into(relay_->server_space(), server_output_, some());
        server_output_.erase(server_output_.begin(),
                             server_output_.begin() + static_cast<std::ptrdiff_t>(moved));
        const auto received = relay_->server_received(moved);
        if (!crashed() && !received) problem("relay: " + received.error().message());
    }

    // At the end: nothing is left anywhere.
    [[nodiscard]] std::string check() const {
        if (!problem_.empty()) return problem_;
        if (!kernel_input_.empty()) return "kernel: bytes behind the last reply";
        if (relay_->counters().in_flight != 0) return "relay: a request in flight at the end";
        if (relay_->counters().kept_bytes != 0) return "relay: bytes kept at the end";
        return "";
    }

    Options options_;
    std::mt19937 random_;
    Memory memory_{kRequestRing, kReplyRing};
    std::optional<Memory> snapshot_;
    std::optional<Relay> relay_;
    std::uint64_t stores_ = 0;
    int crashes_ = 0;
    int connections_ = 0;
    std::string problem_;

    std::uint64_t made_ = 0;
    std::map<std::uint64_t, protocol::nbd::Request> outstanding_;
    Bytes wire_;          // from the kernel, not yet taken
    Bytes kernel_input_;  // not yet a whole reply

    bool connected_ = false;
    Bytes server_input_;  // not yet a whole request
    Bytes server_output_;
    std::set<std::uint64_t> waiting_;
    std::uint64_t last_seen_ = 0;
};

}  // namespace nbdroot::agent::resident
