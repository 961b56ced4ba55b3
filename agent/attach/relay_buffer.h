// A byte queue of fixed size, filled and emptied in place; nothing is allocated after the start.
#pragma once

#include <cstddef>

#include "lib/base/assert.h"
#include "lib/base/bytes.h"

namespace nbdroot::agent::attach {

class RelayBuffer {
public:
    explicit RelayBuffer(std::size_t capacity) : storage_(capacity) {}

    [[nodiscard]] bool is_empty() const { return begin_ == end_; }
    [[nodiscard]] bool is_full() const { return end_ - begin_ == storage_.size(); }

    // Room behind the content; empty only when is_full().
    [[nodiscard]] ByteSpan space() {
        if (end_ == storage_.size() && begin_ > 0) compact();
        return ByteSpan(storage_).subspan(end_);
    }
    void filled(std::size_t count) {
        NBDROOT_ASSERT(count <= storage_.size() - end_);
        end_ += count;
    }

    [[nodiscard]] ByteView content() const {
        return ByteView(storage_).subspan(begin_, end_ - begin_);
    }
    void drained(std::size_t count) {
        NBDROOT_ASSERT(count <= end_ - begin_);
        begin_ += count;
        if (is_empty()) begin_ = end_ = 0;
    }

private:
    void compact() {
        std::memmove(storage_.data(), storage_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }

    Bytes storage_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace nbdroot::agent::attach
