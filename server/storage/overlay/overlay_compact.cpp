// A log that has grown becomes a snapshot in a file of its own.
#include <optional>
#include <utility>

#include "server/storage/overlay/map_files.h"
#include "server/storage/overlay/overlay.h"

namespace nbdroot::server::storage::overlay {

bool Overlay::wants_compaction() const {
    const std::lock_guard lock(log_mutex_);
    return log_.log_bytes() > compact_at_bytes_;
}

Result<void> Overlay::compact() {
    const std::lock_guard one_at_a_time(compacting_);
    std::optional<OverlayMap> map;
    LogEnd from;
    {
        const std::lock_guard log_lock(log_mutex_);
        NBDROOT_CHECK(check_unbroken());
        // Should this fail, not at once again.
        compact_at_bytes_ = log_.log_bytes() + kMinimumCompactedLog;
        from = log_.end();
        const std::lock_guard map_lock(map_mutex_);
        map = map_;
    }
    // All of a snapshot counts after a crash, also what nobody has flushed yet.
    NBDROOT_CHECK(sync(*data_));
    FreshMap fresh = NBDROOT_TRY(write_map(
        *store_, {.identity = identity_, .boot = boot_, .first_sequence = from.sequence}, *map));
    map.reset();
    // Most of it, so that it is quick when writers wait for it.
    NBDROOT_CHECK(fresh.file->sync());
    return swap_log(MapLog(std::move(fresh.file), fresh.contents), from);
}

// Under the lock, also the wait for the disk: a record that were appended to either file meanwhile
// might be in the one that is gone after a crash.
Result<void> Overlay::swap_log(MapLog fresh, const LogEnd& from) {
    const std::lock_guard lock(log_mutex_);
    NBDROOT_CHECK(check_unbroken());
    NBDROOT_CHECK(fresh.append_from(log_, from));
    NBDROOT_CHECK(fresh.file()->sync());
    NBDROOT_CHECK(store_->replace_map());
    log_ = std::move(fresh);
    compact_at_bytes_ = compaction_bound(log_);
    auto named = store_->sync_names();
    if (!named) {
        // Which of both files a crash would leave is unknown.
        broken_ = named.error();
        return named;
    }
    durable_sequence_ = std::max(durable_sequence_, log_.covered_sequence());
    return {};
}

}  // namespace nbdroot::server::storage::overlay
