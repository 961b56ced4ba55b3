// What one machine has written over an image that nobody writes.
//
// Two files: the data, sparse, each block where the image has it; and the map, which says what each
// block is (docs/overlay-format.md). The order of things is what makes it last:
//
//  - Data is written before the record that says so, a record before its data is punched away. What
//    was acknowledged is in the page cache then, and SIGKILL loses none of it.
//  - A flush syncs the data, then appends a barrier, then syncs the map. After a crash of the host
//    only records below a barrier that reached the disk count: their data did too.
//  - A new map file (compaction) takes the place of the old one whole, its data synced first, since
//    all of a snapshot counts.
//
// Any thread may call anything; whatever changes the same blocks waits for its turn. Only lookups
// (runs_of, run_at, is_base, new_bytes, used_bytes) never wait for a disk.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "server/storage/overlay/map_log.h"
#include "server/storage/overlay/overlay_map.h"
#include "server/storage/overlay/range_lock.h"
#include "server/storage/overlay/store.h"

namespace nbdroot::server::storage::overlay {

// All of INTO from the image, on any thread.
using ReadBase = std::function<Result<void>(std::uint64_t offset_bytes, ByteSpan into)>;

class Overlay {
public:
    // Begins an empty one in place of whatever is in STORE.
    static Result<std::unique_ptr<Overlay>> create(std::shared_ptr<Store> store,
                                                   const OverlayIdentity& identity, BootId boot,
                                                   ReadBase read_base);
    // Refused if it belongs to another image than BASE_ID of IMAGE_BYTES.
    static Result<std::unique_ptr<Overlay>> open(std::shared_ptr<Store> store,
                                                 const std::string& base_id,
                                                 std::uint64_t image_bytes, BootId boot,
                                                 ReadBase read_base);

    Overlay(const Overlay&) = delete;
    Overlay& operator=(const Overlay&) = delete;
    // Says in the map that all is on the disk, if all has been flushed.
    ~Overlay();

    // The host has been restarted while it was open: some of what was acknowledged and not flushed
    // may be gone.
    [[nodiscard]] bool may_have_lost() const { return may_have_lost_; }

    // Extents and offsets lie within the image. These wait.
    Result<void> read(std::uint64_t offset_bytes, ByteSpan into) const;
    Result<void> write(std::uint64_t offset_bytes, ByteView bytes);
    // The same into the page cache, by a thread that must not wait. False: it would have to, for
    // the image, for another change of these blocks, or for a compaction; write() is to do it.
    Result<bool> write_now(std::uint64_t offset_bytes, ByteView bytes);
    // EXTENT reads as zeroes. Where holes are allowed its whole blocks take no space any more.
    Result<void> zero(Extent extent, sys::Holes holes);
    // What was acknowledged before survives a crash of the host. Once this has failed it always
    // does, until the host has been restarted: the kernel drops what it could not write, and a
    // later success would be a lie.
    Result<void> flush();
    [[nodiscard]] std::optional<Error> broken() const;

    // The log has grown beyond its bound. Reads and writes go on while it is compacted.
    [[nodiscard]] bool wants_compaction() const;
    Result<void> compact();

    // What of EXTENT lies where, in order; block borders are cut off at the extent's.
    struct Run {
        Extent extent;
        BlockState state = BlockState::base;
    };
    [[nodiscard]] std::vector<Run> runs_of(Extent extent) const;
    // The first of them.
    [[nodiscard]] Run run_at(Extent extent) const;
    [[nodiscard]] bool is_base(Extent extent) const;
    // By how much used_bytes() grows with a write of EXTENT.
    [[nodiscard]] std::uint64_t new_bytes(Extent extent) const;
    // What a write of EXTENT reads of the image first: at most two pieces, each within one block.
    // Whoever must not wait for the disk has them fetched before.
    [[nodiscard]] std::vector<Extent> needs_of_base(Extent extent) const;
    // For reads that must not wait: BlockState::data lies there, at the same offset.
    [[nodiscard]] const File& data() const { return *data_; }

    [[nodiscard]] const OverlayIdentity& identity() const { return identity_; }
    // By blocks that were written, not by what the file system makes of them.
    [[nodiscard]] std::uint64_t used_bytes() const;
    [[nodiscard]] std::uint64_t map_memory_bytes() const;
    [[nodiscard]] std::uint64_t map_file_bytes() const;

private:
    Overlay(std::shared_ptr<Store> store, std::shared_ptr<File> data, MapLog log,
            const MapFile& contents, BootId boot, ReadBase read_base);

    [[nodiscard]] BlockState state_of(std::uint64_t block) const;
    [[nodiscard]] Extent within_image(Extent extent) const;
    [[nodiscard]] Extent merged(Extent extent) const;
    Result<void> write_held(Extent extent, ByteView bytes);
    [[nodiscard]] Result<BlockRange> put_data(Extent extent, ByteView bytes);
    Result<void> write_zeroes(Extent extent);
    Result<void> zero_blocks(BlockRange range);
    Result<void> read_unwritten(Extent extent, ByteSpan into) const;
    Result<void> record(BlockRange range, BlockState state);
    Result<void> record_locked(BlockRange range, BlockState state);
    Result<void> cover(std::uint64_t sequence);
    Result<void> sync(File& file);
    Result<void> swap_log(MapLog fresh, const LogEnd& from);
    [[nodiscard]] Result<void> check_unbroken() const;

    std::shared_ptr<Store> store_;
    std::shared_ptr<File> data_;
    OverlayIdentity identity_;
    BootId boot_;
    ReadBase read_base_;
    bool may_have_lost_ = false;
    RangeLock changing_;

    std::mutex compacting_;
    std::mutex syncing_;  // who comes second must learn that the first has failed
    std::atomic<std::uint64_t> changes_{0};  // of data and map; a flush covers those before it

    // Before map_mutex_, where both are taken. Held while a record is appended.
    mutable std::mutex log_mutex_;
    MapLog log_;                         // guarded by log_mutex_
    std::uint64_t durable_sequence_;     // guarded by log_mutex_; covered, and synced
    std::uint64_t flushed_changes_ = 0;  // guarded by log_mutex_
    std::uint64_t compact_at_bytes_;     // guarded by log_mutex_
    std::optional<Error> broken_;        // guarded by log_mutex_

    // Never held over a call that may wait.
    mutable std::mutex map_mutex_;
    OverlayMap map_;  // guarded by map_mutex_
};

}  // namespace nbdroot::server::storage::overlay
