// Requests of a block device as the kernel's tracepoints tell of them: which have been issued and
// not completed since the trace began. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/time.h"

namespace nbdroot::agent::control {

struct TracedRequest {
    Instant since{};
    char type = '?';  // R, W, D (discard), F (flush)
    std::uint64_t sector = 0;
    std::uint64_t sectors = 0;

    bool operator==(const TracedRequest&) const = default;
};

class RequestTrace {
public:
    // TEXT goes on where the text before it ended. Lines of block_rq_issue and block_rq_complete
    // (include/trace/events/block.h) with the clock "mono"; all others are passed over.
    void read(std::string_view text);

    // Oldest first. Where the kernel says that it has lost events, which of them are complete is
    // not known, and all are forgotten; so they are before there are more than kMost, which is more
    // than a device has in flight.
    static constexpr std::size_t kMost = 1024;
    [[nodiscard]] const std::vector<TracedRequest>& open() const { return open_; }

    // Events that the kernel has lost, as far as it counts them, and requests beyond kMost.
    [[nodiscard]] std::uint64_t lost() const { return lost_; }

private:
    void read_line(std::string_view line);
    void forget(std::uint64_t lost);

    std::string rest_;
    std::vector<TracedRequest> open_;
    std::uint64_t lost_ = 0;
};

}  // namespace nbdroot::agent::control
