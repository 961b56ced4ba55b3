#include "agent/resident/stall.h"

#include "lib/base/block_figures.h"

namespace nbdroot::agent::resident {
namespace {

// As many as the driver's queue has: all that were asked for with the oldest one, and more.
constexpr std::uint64_t kForgotten = 128;

}  // namespace

std::optional<BlockCounts> parse_block_counts(std::string_view stat) {
    const auto figures = base::parse_block_figures(stat);
    if (!figures) return std::nullopt;
    return BlockCounts{
        .completed = figures->reads + figures->writes + figures->discards + figures->flushes,
        .in_flight = figures->in_flight};
}

bool is_overdue(const OldestRequest& oldest, Duration limit) {
    if (oldest.in_flight == 0 || oldest.waits < limit) return false;
    return oldest.since_reply >= limit || oldest.overtaken_by >= kForgotten;
}

bool StallRule::is_stalled(const BlockCounts& counts, Instant now) {
    const bool moves = counts.in_flight == 0 || counts.completed != completed_;
    completed_ = counts.completed;
    if (moves) since_.reset();
    if (counts.in_flight == 0) return false;
    if (!since_) since_ = now;
    return now - *since_ >= limit_;
}

}  // namespace nbdroot::agent::resident
