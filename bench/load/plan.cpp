// The boot pattern mixes what block traces of a starting Debian root show: half of the reads are 4
// KiB (metadata, small files), the rest run-ahead of 16 to 128 KiB in short sequential runs.
#include "bench/load/plan.h"

#include <algorithm>

namespace nbdroot::bench {

namespace {
constexpr std::uint32_t kSmall = 4096;
constexpr std::uint32_t kRunReads = 4;  // reads of one sequential run
}  // namespace

Plan::Plan(const Options& options) : options_(options), state_(options.seed * 2 + 1) {}

std::optional<Access> Plan::next() {
    if (options_.pattern == Pattern::connect || asked_bytes_ >= options_.total_bytes) {
        return std::nullopt;
    }
    Access access;
    switch (options_.pattern) {
        case Pattern::random:
            access = random_access(options_.block_bytes);
            break;
        case Pattern::boot:
            access = boot_access();
            break;
        case Pattern::connect:
        case Pattern::sequential:
            if (position_bytes_ + options_.block_bytes > options_.image_bytes) position_bytes_ = 0;
            access = {.offset_bytes = position_bytes_, .length_bytes = options_.block_bytes};
            position_bytes_ += options_.block_bytes;
            break;
    }
    // Without writes no number is drawn, and the sequence is what it always was.
    access.writes = options_.write_percent > 0 && random() % 100 < options_.write_percent;
    asked_bytes_ += access.length_bytes;
    return access;
}

// xorshift64*: cheap, and the same on every machine.
std::uint64_t Plan::random() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545f4914f6cdd1d;
}

Access Plan::random_access(std::uint32_t length_bytes) {
    const std::uint64_t places = std::max<std::uint64_t>(1, options_.image_bytes / length_bytes);
    return {.offset_bytes = random() % places * length_bytes, .length_bytes = length_bytes};
}

Access Plan::boot_access() {
    if (run_left_ > 0 && position_bytes_ + options_.block_bytes <= options_.image_bytes) {
        --run_left_;
        const Access access{.offset_bytes = position_bytes_, .length_bytes = options_.block_bytes};
        position_bytes_ += options_.block_bytes;
        return access;
    }
    if (random() % 2 == 0) return random_access(kSmall);
    options_.block_bytes = (16U * 1024) << (random() % 4);
    const Access first = random_access(options_.block_bytes);
    position_bytes_ = first.offset_bytes + first.length_bytes;
    run_left_ = kRunReads - 1;
    return first;
}

}  // namespace nbdroot::bench
