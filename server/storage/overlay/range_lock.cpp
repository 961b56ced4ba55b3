#include "server/storage/overlay/range_lock.h"

#include <algorithm>

namespace nbdroot::server::storage::overlay {

std::list<BlockRange>::iterator RangeLock::take(BlockRange range) {
    std::unique_lock lock(mutex_);
    given_back_.wait(lock, [&] { return is_free(range); });
    return held_.insert(held_.end(), range);
}

std::optional<std::list<BlockRange>::iterator> RangeLock::take_free(BlockRange range) {
    const std::lock_guard lock(mutex_);
    if (!is_free(range)) return std::nullopt;
    return held_.insert(held_.end(), range);
}

bool RangeLock::is_free(BlockRange range) const {
    return std::none_of(held_.begin(), held_.end(), [range](const BlockRange& other) {
        return other.first < range.end() && range.first < other.end();
    });
}

void RangeLock::give_back(std::list<BlockRange>::iterator place) {
    {
        const std::lock_guard lock(mutex_);
        held_.erase(place);
    }
    given_back_.notify_all();
}

}  // namespace nbdroot::server::storage::overlay
