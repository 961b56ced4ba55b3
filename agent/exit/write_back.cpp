#include "agent/exit/write_back.h"

#include <limits>

#include "lib/base/text.h"

namespace nbdroot::agent::exit {
namespace {

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max() / 2;

// The number of "NAME:     123 kB".
std::optional<std::uint64_t> field(std::string_view meminfo, std::string_view name) {
    for (const std::string_view line : base::split(meminfo, '\n')) {
        if (!line.starts_with(name)) continue;
        for (const std::string_view word : base::split(line.substr(name.size()), ' ')) {
            if (!word.empty()) return base::parse_decimal(word, kMost);
        }
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> kib_to_write(std::string_view meminfo) {
    const auto dirty = field(meminfo, "Dirty:");
    const auto under_way = field(meminfo, "Writeback:");
    if (!dirty || !under_way) return std::nullopt;
    return *dirty + *under_way;
}

bool Patience::is_over(std::optional<std::uint64_t> kib, Instant now) {
    if (kib && last_kib_ && *kib < *last_kib_) since_ = now;
    last_kib_ = kib;
    return now - since_ >= limit_;
}

}  // namespace nbdroot::agent::exit
