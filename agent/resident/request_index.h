// The requests that lie in the relay's store, oldest first: where each is and who asked.
#pragma once

#include <array>
#include <cstdint>

#include "lib/base/assert.h"
#include "lib/base/time.h"

namespace nbdroot::agent::resident {

struct KeptRequest {
    std::uint64_t cookie;
    std::uint64_t begin;  // positions in the stream from the kernel
    std::uint64_t end;
    std::uint32_t reply_data_bytes;  // that follow a reply without error
    bool answered;
    bool disconnects;
    Instant since;  // this process has had it whole, or its header
};

// Each request has a number, one more than that of the request before it.
class RequestIndex {
public:
    // More than any queue of the driver has (128 or 256), with those already answered that wait for
    // an older one.
    static constexpr std::uint64_t kCapacity = 512;

    [[nodiscard]] std::uint64_t first() const { return first_; }
    [[nodiscard]] std::uint64_t past() const { return past_; }  // the number after the last
    [[nodiscard]] bool is_empty() const { return first_ == past_; }
    [[nodiscard]] bool is_full() const { return past_ - first_ == kCapacity; }

    [[nodiscard]] KeptRequest& at(std::uint64_t number) { return kept_[number % kCapacity]; }
    [[nodiscard]] const KeptRequest& at(std::uint64_t number) const {
        return kept_[number % kCapacity];
    }

    void push(const KeptRequest& request) {
        NBDROOT_ASSERT(!is_full());
        at(past_++) = request;
    }
    void pop() {
        NBDROOT_ASSERT(!is_empty());
        ++first_;
    }

    // The oldest unanswered request with COOKIE; past() if there is none.
    [[nodiscard]] std::uint64_t find(std::uint64_t cookie) const {
        std::uint64_t number = first_;
        while (number != past_ && (at(number).answered || at(number).cookie != cookie)) ++number;
        return number;
    }

private:
    std::array<KeptRequest, kCapacity> kept_{};
    std::uint64_t first_ = 0;
    std::uint64_t past_ = 0;
};

}  // namespace nbdroot::agent::resident
