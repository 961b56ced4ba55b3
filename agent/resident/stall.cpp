#include "agent/resident/stall.h"

#include <vector>

#include "lib/base/text.h"

namespace nbdroot::agent::resident {
namespace {

// Columns of the file, from 0.
constexpr std::size_t kReads = 0;
constexpr std::size_t kWrites = 4;
constexpr std::size_t kInFlight = 8;
constexpr std::size_t kOldColumns = 11;  // before Linux 4.18
constexpr std::size_t kDiscards = 11;
constexpr std::size_t kFlushes = 15;

}  // namespace

std::optional<BlockCounts> parse_block_counts(std::string_view stat) {
    std::vector<std::uint64_t> columns;
    for (std::string_view word : base::split(stat.substr(0, stat.find('\n')), ' ')) {
        if (word.empty()) continue;
        const auto number = base::parse_decimal(word);
        if (!number) return std::nullopt;
        columns.push_back(*number);
    }
    if (columns.size() < kOldColumns) return std::nullopt;
    const auto column = [&](std::size_t at) { return at < columns.size() ? columns[at] : 0; };
    return BlockCounts{
        .completed = column(kReads) + column(kWrites) + column(kDiscards) + column(kFlushes),
        .in_flight = column(kInFlight)};
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
