// Collects a stated number of bytes from a stream that arrives in pieces. The number is the
// caller's bound: nothing beyond it is ever held.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>

#include "lib/base/bytes.h"

namespace nbdroot::protocol::nbd {

class Collector {
public:
    explicit Collector(std::size_t count) : wanted_(count) {}

    // Starts anew.
    void expect(std::size_t count) {
        held_.clear();
        wanted_ = count;
    }

    // Moves what is still missing from the front of BYTES; true once all of it is there.
    [[nodiscard]] bool take(ByteView& bytes) {
        const std::size_t part = std::min(bytes.size(), wanted_ - held_.size());
        held_.insert(held_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(part));
        bytes = bytes.subspan(part);
        return held_.size() == wanted_;
    }

    [[nodiscard]] bool empty() const { return held_.empty(); }

    // The collected bytes; expect() must follow.
    [[nodiscard]] Bytes release() { return std::exchange(held_, {}); }

private:
    Bytes held_;
    std::size_t wanted_;
};

}  // namespace nbdroot::protocol::nbd
