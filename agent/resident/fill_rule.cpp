#include "agent/resident/fill_rule.h"

#include <algorithm>

#include "lib/base/text.h"

namespace nbdroot::agent::resident {
namespace {

// Rounded down; what has no limit is never full.
std::uint64_t percent(std::uint64_t used, std::uint64_t total) {
    constexpr std::uint64_t kExactMaximum = UINT64_MAX / 100;
    if (total == 0) return 0;
    return total <= kExactMaximum ? std::min(used, total) * 100 / total : used / (total / 100);
}

}  // namespace

std::optional<std::string> FillRule::look(const sys::Room& room) {
    const std::uint64_t bytes = percent(room.used_bytes, room.total_bytes);
    const std::uint64_t files = percent(room.used_files, room.total_files);
    const std::uint64_t fullest = std::max(bytes, files);
    if (fullest < kRoomyPercent) said_ = false;
    if (fullest < kFullPercent || said_) return std::nullopt;
    said_ = true;
    const std::string used =
        bytes >= files
            ? cat(base::human_size(room.used_bytes), " of ", base::human_size(room.total_bytes))
            : cat(room.used_files, " of ", room.total_files, " files");
    return cat("overlay: the memory for what is written is ", fullest, " % full (", used,
               ", /run/nbdroot/upper); writes fail when it is full: delete files, reboot, or give "
               "it more by nbdroot.overlay=tmpfs:SIZE");
}

}  // namespace nbdroot::agent::resident
