// Bytes in at one end, out at the other.
#pragma once

#include <algorithm>

#include "lib/base/bytes.h"

namespace nbdroot::sim {

class ByteQueue {
public:
    [[nodiscard]] std::size_t size() const { return bytes_.size() - begin_; }
    [[nodiscard]] bool empty() const { return size() == 0; }
    [[nodiscard]] ByteView view() const { return ByteView(bytes_).subspan(begin_); }

    void push(ByteView bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
    void pop(std::size_t count) {
        begin_ += count;
        if (begin_ < kKept && begin_ < bytes_.size()) return;
        bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(begin_));
        begin_ = 0;
    }
    void clear() { pop(size()); }

    // Into the front of INTO; how many.
    std::size_t read(ByteSpan into) {
        const std::size_t count = std::min(into.size(), size());
        std::ranges::copy(view().first(count), into.begin());
        pop(count);
        return count;
    }

private:
    static constexpr std::size_t kKept = 16 << 10;  // used up bytes that are not worth a move

    Bytes bytes_;
    std::size_t begin_ = 0;
};

}  // namespace nbdroot::sim
