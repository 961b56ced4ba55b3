// How an overlay begins, and what it is after a crash.
#include <array>
#include <cerrno>
#include <utility>

#include "server/storage/overlay/map_files.h"
#include "server/storage/overlay/overlay.h"
#include "server/storage/overlay/snapshot.h"

namespace nbdroot::server::storage::overlay {
namespace {

// From now on a crash of the host may cost something, also of blocks that are written in place,
// which the log says nothing of.
Result<void> take_back_closed(File& map, const MapFile& contents) {
    if (!contents.is_closed) return {};
    NBDROOT_CHECK(map.write(contents.end.offset_bytes, std::array<std::byte, kRecordBytes>{}));
    return map.sync();
}

// Only their space matters: no record leads to them.
void punch_dropped(File& data, const MapFile& contents) {
    for (const LogRecord& record : contents.dropped) {
        if (record.state() != BlockState::data) continue;
        for (const BlockRun& run : contents.map.runs_of(record.blocks)) {
            if (run.state != BlockState::data) (void)data.punch(run.range.bytes());
        }
    }
}

}  // namespace

Overlay::Overlay(std::shared_ptr<Store> store, std::shared_ptr<File> data, MapLog log,
                 const MapFile& contents, BootId boot, ReadBase read_base)
    : store_(std::move(store)),
      data_(std::move(data)),
      identity_(contents.header.identity),
      boot_(boot),
      read_base_(std::move(read_base)),
      // A server before us may have written what it did not sync.
      changes_(1),
      log_(std::move(log)),
      durable_sequence_(contents.header.first_sequence),
      compact_at_bytes_(compaction_bound(log_)),
      map_(contents.map) {
    if (!contents.is_broken) return;
    broken_ = Error{.operation = "sync",
                    .object = "",
                    .reason =
                        "it has failed before, and what was lost then is unknown; the host's "
                        "restart goes back to the last flush that succeeded",
                    .code = EIO};
}

// Not synced: a host that crashes before this is on the disk says that more may be lost than is.
Overlay::~Overlay() {
    const std::lock_guard lock(log_mutex_);
    if (!broken_ && flushed_changes_ == changes_)
        (void)log_.append({.kind = LogRecord::Kind::closed});
}

Result<std::unique_ptr<Overlay>> Overlay::create(std::shared_ptr<Store> store,
                                                 const OverlayIdentity& identity, BootId boot,
                                                 ReadBase read_base) {
    // Whoever has an older one open keeps it.
    if (const auto older = store->open(Store::Part::data); !older && older.error().code == EBUSY) {
        return tl::unexpected(older.error());
    }
    // An older map must not outlive its data.
    NBDROOT_CHECK(store->remove(Store::Part::map));
    NBDROOT_CHECK(store->sync_names());
    auto data = NBDROOT_TRY(store->create(Store::Part::data));
    NBDROOT_CHECK(data->resize(identity.image_bytes));
    NBDROOT_CHECK(data->sync());
    FreshMap fresh = NBDROOT_TRY(write_map(*store, {.identity = identity, .boot = boot},
                                           OverlayMap(blocks_of(identity.image_bytes))));
    NBDROOT_CHECK(put_in_place(*store, *fresh.file));
    MapLog log(fresh.file, fresh.contents);
    return std::unique_ptr<Overlay>(new Overlay(std::move(store), std::move(data), std::move(log),
                                                fresh.contents, boot, std::move(read_base)));
}

Result<std::unique_ptr<Overlay>> Overlay::open(std::shared_ptr<Store> store,
                                               const std::string& base_id,
                                               std::uint64_t image_bytes, BootId boot,
                                               ReadBase read_base) {
    // First the data: whoever has it open has the map too.
    auto data = NBDROOT_TRY(store->open(Store::Part::data));
    auto map = NBDROOT_TRY(store->open(Store::Part::map));
    const Bytes bytes = NBDROOT_TRY(read_map(*map));
    const DecodedHeader decoded = NBDROOT_TRY(decode_header(bytes));
    NBDROOT_CHECK(check_belongs(decoded.header.identity, base_id, image_bytes));
    const std::uint64_t data_bytes = NBDROOT_TRY(data->size());
    NBDROOT_CHECK(check_data_size(data_bytes, image_bytes));
    const bool is_same_boot = decoded.header.boot == boot;
    MapFile contents = NBDROOT_TRY(
        decode_map_file(bytes, is_same_boot ? Survived::all_writes : Survived::synced_writes));
    const bool may_have_lost = !is_same_boot && !contents.is_closed;
    if (is_same_boot) {
        // Who was killed between putting this file in its place and syncing that has left it so.
        NBDROOT_CHECK(store->sync_names());
        NBDROOT_CHECK(take_back_closed(*map, contents));
    } else {
        // A file of its own, rather than this one cut off: a second crash finds the one or the
        // other, and no barrier is lost with what is cut.
        FreshMap fresh = NBDROOT_TRY(write_map(*store,
                                               {.identity = decoded.header.identity,
                                                .boot = boot,
                                                .first_sequence = contents.durable_sequence},
                                               contents.map));
        NBDROOT_CHECK(put_in_place(*store, *fresh.file));
        punch_dropped(*data, contents);
        map = std::move(fresh.file);
        contents = std::move(fresh.contents);
    }
    MapLog log(std::move(map), contents);
    std::unique_ptr<Overlay> overlay(new Overlay(std::move(store), std::move(data), std::move(log),
                                                 contents, boot, std::move(read_base)));
    overlay->may_have_lost_ = may_have_lost;
    return overlay;
}

}  // namespace nbdroot::server::storage::overlay
