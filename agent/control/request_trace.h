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

    // Oldest first. More than kMost are not kept.
    static constexpr std::size_t kMost = 1024;
    [[nodiscard]] const std::vector<TracedRequest>& open() const { return open_; }

private:
    void read_line(std::string_view line);

    std::string rest_;
    std::vector<TracedRequest> open_;
};

}  // namespace nbdroot::agent::control
