// The two ends that a relay joins, played at random; bytes in and out.
//
// The kernel checks each reply: an outstanding request, once, with its data. The server checks each
// request: as the kernel wrote it, in the kernel's order, not one whose reply the kernel has.
#pragma once

#include <cstdint>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <string>

#include "lib/base/text.h"
#include "tests/unit/agent/resident/relay_bench.h"

namespace nbdroot::agent::resident {

class Random {
public:
    explicit Random(std::uint32_t seed) : engine_(seed) {}
    [[nodiscard]] std::uint32_t below(std::uint32_t limit) {
        return std::uniform_int_distribution<std::uint32_t>(0, limit - 1)(engine_);
    }

private:
    std::mt19937 engine_;
};

// Bytes on their way.
class Wire {
public:
    void add(ByteView bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
    [[nodiscard]] ByteView get() const { return ByteView(bytes_).subspan(begin_); }
    void drop(std::size_t count) {
        begin_ += count;
        if (begin_ < bytes_.size() / 2) return;
        bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(begin_));
        begin_ = 0;
    }
    void clear() { drop(get().size()); }
    [[nodiscard]] bool is_empty() const { return get().empty(); }

private:
    Bytes bytes_;
    std::size_t begin_ = 0;
};

class FakeKernel {
public:
    struct Options {
        std::uint32_t requests;      // in all
        std::size_t queue_depth;     // in flight at once
        std::uint32_t largest_data;  // of one request
        bool relay_may_fail;         // EIO is a good reply to anything
    };
    explicit FakeKernel(const Options& options) : options_(options) {}

    void make_request(Random& random) {
        if (made_ == options_.requests || outstanding_.size() == options_.queue_depth) return;
        constexpr std::array kCommands{Command::read, Command::write, Command::flush,
                                       Command::trim};
        const std::uint64_t cookie = ++made_;
        const protocol::nbd::Request request{
            .command = kCommands[random.below(kCommands.size())],
            .cookie = cookie,
            .offset_bytes = cookie * 4096,
            .length_bytes = random.below(options_.largest_data + 1)};
        outstanding_.emplace(cookie, request);
        wire.add(request_bytes(request));
    }

    void take(ByteView bytes) {
        input_.add(bytes);
        while (problem.empty() && take_reply()) {
        }
    }

    [[nodiscard]] bool is_done() const {
        return made_ == options_.requests && outstanding_.empty() && wire.is_empty();
    }
    [[nodiscard]] bool has_partial_reply() const { return !input_.is_empty(); }

    // nullptr: it was answered, or never made.
    [[nodiscard]] const protocol::nbd::Request* find(std::uint64_t cookie) const {
        const auto found = outstanding_.find(cookie);
        return found == outstanding_.end() ? nullptr : &found->second;
    }

    // What every server answers.
    [[nodiscard]] static Bytes answer_to(const protocol::nbd::Request& request) {
        if (request.cookie % 7 == 0) return reply_bytes(request.cookie, 0, ErrorNumber::no_space);
        return reply_bytes(request.cookie,
                           request.command == Command::read ? request.length_bytes : 0);
    }

    Wire wire;  // to the relay
    std::string problem;

private:
    bool take_reply() {
        const ByteView input = input_.get();
        if (input.size() < protocol::nbd::kSimpleReplySize) return false;
        const auto reply =
            protocol::nbd::parse_simple_reply(input.first<protocol::nbd::kSimpleReplySize>());
        if (!reply) return wrong(reply.error().message());
        const auto* const request = find(reply->cookie);
        if (request == nullptr) return wrong(cat("a second reply for ", reply->cookie));
        const bool failed = options_.relay_may_fail && reply->error == ErrorNumber::io;
        const Bytes expected =
            failed ? reply_bytes(reply->cookie, 0, ErrorNumber::io) : answer_to(*request);
        if (input.size() < expected.size()) return false;
        if (!std::equal(expected.begin(), expected.end(), input.begin())) {
            return wrong(cat("another reply for ", reply->cookie));
        }
        outstanding_.erase(reply->cookie);
        input_.drop(expected.size());
        return true;
    }
    bool wrong(const std::string& what) {
        problem = "kernel: " + what;
        return false;
    }

    Options options_;
    std::uint64_t made_ = 0;
    std::map<std::uint64_t, protocol::nbd::Request> outstanding_;
    Wire input_;  // not yet a whole reply
};

class FakeServer {
public:
    explicit FakeServer(const FakeKernel& kernel) : kernel_(kernel) {}

    // A new connection.
    void reset() {
        wire.clear();
        input_.clear();
        waiting_.clear();
        last_seen_ = 0;
    }

    void take(ByteView bytes) {
        input_.add(bytes);
        while (problem.empty() && take_request()) {
        }
    }

    [[nodiscard]] bool has_requests() const { return !waiting_.empty(); }

    // Any of those it has.
    void answer_request(Random& random) {
        if (waiting_.empty()) return;
        const auto place = random.below(static_cast<std::uint32_t>(waiting_.size()));
        const auto chosen = std::next(waiting_.begin(), place);
        const auto* const request = kernel_.find(*chosen);
        if (request == nullptr) {
            problem = cat("server: ", *chosen, " has a reply already");
            return;
        }
        wire.add(FakeKernel::answer_to(*request));
        waiting_.erase(chosen);
    }

    Wire wire;  // to the relay
    std::string problem;

private:
    bool take_request() {
        const ByteView input = input_.get();
        if (input.size() < protocol::nbd::kRequestSize) return false;
        const auto header =
            protocol::nbd::parse_request(input.first<protocol::nbd::kRequestSize>());
        if (!header) return wrong(header.error().message());
        const auto* const request = kernel_.find(header->cookie);
        if (request == nullptr) return wrong(cat(header->cookie, " was answered before"));
        const Bytes expected = request_bytes(*request);
        if (input.size() < expected.size()) return false;
        if (!std::equal(expected.begin(), expected.end(), input.begin())) {
            return wrong(cat("other bytes in ", header->cookie));
        }
        if (header->cookie <= last_seen_) {
            return wrong(cat(header->cookie, " after ", last_seen_));
        }
        last_seen_ = header->cookie;
        waiting_.insert(header->cookie);
        input_.drop(expected.size());
        return true;
    }
    bool wrong(const std::string& what) {
        problem = "server: " + what;
        return false;
    }

    const FakeKernel& kernel_;
    Wire input_;  // not yet a whole request
    std::set<std::uint64_t> waiting_;
    std::uint64_t last_seen_ = 0;
};

}  // namespace nbdroot::agent::resident
