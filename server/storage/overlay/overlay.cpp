#include "server/storage/overlay/overlay.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "server/storage/buffer.h"

namespace nbdroot::server::storage::overlay {
namespace {

std::uint64_t end_of(Extent extent) { return extent.offset_bytes + extent.length_bytes; }

Extent between(std::uint64_t from, std::uint64_t to) {
    return {.offset_bytes = from, .length_bytes = to - from};
}

Extent common(Extent one, Extent other) {
    return between(std::max(one.offset_bytes, other.offset_bytes),
                   std::min(end_of(one), end_of(other)));
}

ByteSpan part_of(ByteSpan bytes, Extent whole, Extent part) {
    return bytes.subspan(part.offset_bytes - whole.offset_bytes, part.length_bytes);
}

// The blocks that lie in EXTENT whole. The image's last one may be short.
BlockRange whole_blocks(Extent extent, std::uint64_t image_bytes) {
    const std::uint64_t first = blocks_of(extent.offset_bytes);
    const std::uint64_t end =
        end_of(extent) == image_bytes ? blocks_of(image_bytes) : end_of(extent) / kBlockBytes;
    return {.first = first, .count = end > first ? end - first : 0};
}

}  // namespace

Result<void> Overlay::read(std::uint64_t offset_bytes, ByteSpan into) const {
    const Extent whole{.offset_bytes = offset_bytes, .length_bytes = into.size()};
    for (const Run& run : runs_of(whole)) {
        const ByteSpan part = part_of(into, whole, run.extent);
        switch (run.state) {
            case BlockState::base:
                NBDROOT_CHECK(read_base_(run.extent.offset_bytes, part));
                break;
            case BlockState::data:
                NBDROOT_CHECK(data_->read(run.extent.offset_bytes, part));
                break;
            case BlockState::zero:
                std::fill(part.begin(), part.end(), std::byte{0});
                break;
        }
    }
    return {};
}

Result<void> Overlay::write(std::uint64_t offset_bytes, ByteView bytes) {
    if (bytes.empty()) return {};
    const Extent extent{.offset_bytes = offset_bytes, .length_bytes = bytes.size()};
    const RangeLock::Hold hold(changing_, touched_by(extent));
    return write_held(extent, bytes);
}

Result<bool> Overlay::write_now(std::uint64_t offset_bytes, ByteView bytes) {
    if (bytes.empty()) return true;
    const Extent extent{.offset_bytes = offset_bytes, .length_bytes = bytes.size()};
    const RangeLock::Hold hold(changing_, touched_by(extent), std::try_to_lock);
    if (!hold || !needs_of_base(extent).empty()) return false;
    const std::unique_lock log_lock(log_mutex_, std::try_to_lock);
    if (!log_lock) return false;
    const BlockRange fresh = NBDROOT_TRY(put_data(extent, bytes));
    NBDROOT_CHECK(record_locked(fresh, BlockState::data));
    return true;
}

Result<void> Overlay::zero(Extent extent, sys::Holes holes) {
    if (extent.length_bytes == 0) return {};
    const RangeLock::Hold hold(changing_, touched_by(extent));
    if (holes == sys::Holes::forbidden) return write_zeroes(extent);
    const BlockRange whole = whole_blocks(extent, identity_.image_bytes);
    if (whole.count == 0) return write_zeroes(extent);
    const Extent middle = within_image(whole.bytes());
    NBDROOT_CHECK(write_zeroes(between(extent.offset_bytes, middle.offset_bytes)));
    NBDROOT_CHECK(zero_blocks(whole));
    return write_zeroes(between(end_of(middle), end_of(extent)));
}

Result<void> Overlay::write_zeroes(Extent extent) {
    static constexpr std::array<std::byte, std::size_t{64} * 1024> kZeroes{};
    while (extent.length_bytes > 0) {
        // Up to a border of blocks, so that no piece makes a partial block of its own.
        const std::uint64_t count = std::min<std::uint64_t>(
            extent.length_bytes, kZeroes.size() - extent.offset_bytes % kZeroes.size());
        NBDROOT_CHECK(write_held({.offset_bytes = extent.offset_bytes, .length_bytes = count},
                                 ByteView(kZeroes).first(count)));
        extent = between(extent.offset_bytes + count, end_of(extent));
    }
    return {};
}

Result<void> Overlay::zero_blocks(BlockRange range) {
    bool has_data = false;
    {
        const std::lock_guard lock(map_mutex_);
        if (map_.is_all(range, BlockState::zero)) return {};
        has_data = map_.has_data(range);
    }
    NBDROOT_CHECK(record(range, BlockState::zero));
    // Only space is lost if this fails: the map no longer leads there.
    if (has_data) (void)data_->punch(range.bytes());
    return {};
}

// Whole blocks where the overlay has nothing yet: those are written in one piece with what lies
// around EXTENT, so that none of them is ever half there.
Extent Overlay::merged(Extent extent) const {
    const BlockRange blocks = touched_by(extent);
    const Extent aligned = within_image(blocks.bytes());
    const bool has_front = state_of(blocks.first) == BlockState::data;
    const bool has_back = state_of(blocks.end() - 1) == BlockState::data;
    return between(has_front ? extent.offset_bytes : aligned.offset_bytes,
                   has_back ? end_of(extent) : end_of(aligned));
}

Result<void> Overlay::write_held(Extent extent, ByteView bytes) {
    const BlockRange fresh = NBDROOT_TRY(put_data(extent, bytes));
    return record(fresh, BlockState::data);
}

// All blocks of EXTENT that are not data yet lie in what is returned.
Result<BlockRange> Overlay::put_data(Extent extent, ByteView bytes) {
    const Extent whole = merged(extent);
    Result<void> written;
    if (whole.length_bytes == extent.length_bytes) {
        written = data_->write(extent.offset_bytes, bytes);
    } else {
        Buffer buffer(whole.length_bytes);
        for (const Extent edge : {between(whole.offset_bytes, extent.offset_bytes),
                                  between(end_of(extent), end_of(whole))}) {
            NBDROOT_CHECK(read_unwritten(edge, part_of(buffer.span(), whole, edge)));
        }
        std::memcpy(part_of(buffer.span(), whole, extent).data(), bytes.data(), bytes.size());
        written = data_->write(whole.offset_bytes, buffer.view());
    }
    ++changes_;  // after an Error too: some of it may be there
    NBDROOT_CHECK(written);

    BlockRange fresh = touched_by(extent);
    {
        const std::lock_guard lock(map_mutex_);
        const BlockRun front = map_.run_at(fresh);
        if (front.state == BlockState::data) {
            fresh = {.first = front.range.end(), .count = fresh.end() - front.range.end()};
        }
    }
    return fresh;
}

Result<void> Overlay::read_unwritten(Extent extent, ByteSpan into) const {
    if (extent.length_bytes == 0) return {};
    if (state_of(extent.offset_bytes / kBlockBytes) == BlockState::base) {
        return read_base_(extent.offset_bytes, into);
    }
    std::fill(into.begin(), into.end(), std::byte{0});
    return {};
}

// The map in memory follows the log record by record, also where the second of two cannot be
// written: whoever opens the file would believe the first.
Result<void> Overlay::record_locked(BlockRange range, BlockState state) {
    while (range.count > 0) {
        const BlockRange front{.first = range.first,
                               .count = std::min(range.count, kMaximumRecordBlocks)};
        NBDROOT_CHECK(log_.append(
            {.kind = state == BlockState::zero ? LogRecord::Kind::zero : LogRecord::Kind::data,
             .blocks = front}));
        ++changes_;
        const std::lock_guard map_lock(map_mutex_);
        map_.set(front, state);
        range = {.first = front.end(), .count = range.end() - front.end()};
    }
    return {};
}

Result<void> Overlay::record(BlockRange range, BlockState state) {
    const std::lock_guard lock(log_mutex_);
    return record_locked(range, state);
}

Result<void> Overlay::flush() {
    std::uint64_t changes = 0;
    std::uint64_t sequence = 0;
    {
        const std::lock_guard lock(log_mutex_);
        NBDROOT_CHECK(check_unbroken());
        changes = changes_;
        if (changes == flushed_changes_) return {};
        sequence = log_.changed_sequence();
    }
    NBDROOT_CHECK(sync(*data_));
    NBDROOT_CHECK(cover(sequence));
    const std::lock_guard lock(log_mutex_);
    flushed_changes_ = std::max(flushed_changes_, changes);
    return check_unbroken();
}

// The data of every record below SEQUENCE is on the medium; now the records.
Result<void> Overlay::cover(std::uint64_t sequence) {
    std::shared_ptr<File> file;
    {
        const std::lock_guard lock(log_mutex_);
        NBDROOT_CHECK(check_unbroken());
        if (durable_sequence_ >= sequence) return {};
        if (log_.covered_sequence() < sequence) {
            NBDROOT_CHECK(log_.append({.kind = LogRecord::Kind::barrier, .covers = sequence}));
        }
        // Not under the lock. If another file takes its place meanwhile, that has the barrier too.
        file = log_.file();
    }
    NBDROOT_CHECK(sync(*file));
    const std::lock_guard lock(log_mutex_);
    durable_sequence_ = std::max(durable_sequence_, sequence);
    return {};
}

Result<void> Overlay::sync(File& file) {
    const std::lock_guard one_at_a_time(syncing_);
    auto synced = file.sync();
    if (synced) return synced;
    const std::lock_guard lock(log_mutex_);
    if (broken_) return synced;
    broken_ = synced.error();
    // For the server after this one.
    (void)log_.append({.kind = LogRecord::Kind::broken});
    return synced;
}

std::optional<Error> Overlay::broken() const {
    const std::lock_guard lock(log_mutex_);
    return broken_;
}

Result<void> Overlay::check_unbroken() const {
    if (!broken_) return {};
    return fail(*broken_);
}

std::vector<Overlay::Run> Overlay::runs_of(Extent extent) const {
    std::vector<Run> runs;
    if (extent.length_bytes == 0) return runs;
    BlockRange rest = touched_by(extent);
    const std::lock_guard lock(map_mutex_);
    while (rest.count > 0) {
        const BlockRun run = map_.run_at(rest);
        runs.push_back({.extent = common(run.range.bytes(), extent), .state = run.state});
        rest = {.first = run.range.end(), .count = rest.end() - run.range.end()};
    }
    return runs;
}

Overlay::Run Overlay::run_at(Extent extent) const {
    const std::lock_guard lock(map_mutex_);
    const BlockRun run = map_.run_at(touched_by(extent));
    return {.extent = common(run.range.bytes(), extent), .state = run.state};
}

bool Overlay::is_base(Extent extent) const {
    if (extent.length_bytes == 0) return true;
    const BlockRange range = touched_by(extent);
    const std::lock_guard lock(map_mutex_);
    return map_.is_all(range, BlockState::base);
}

std::uint64_t Overlay::new_bytes(Extent extent) const {
    if (extent.length_bytes == 0) return 0;
    const BlockRange range = touched_by(extent);
    const std::lock_guard lock(map_mutex_);
    return (range.count - map_.data_blocks_in(range)) * kBlockBytes;
}

std::vector<Extent> Overlay::needs_of_base(Extent extent) const {
    std::vector<Extent> needs;
    if (extent.length_bytes == 0) return needs;
    const Extent whole = merged(extent);
    for (const Extent edge : {between(whole.offset_bytes, extent.offset_bytes),
                              between(end_of(extent), end_of(whole))}) {
        const bool is_needed =
            edge.length_bytes > 0 && state_of(edge.offset_bytes / kBlockBytes) == BlockState::base;
        if (is_needed) needs.push_back(edge);
    }
    return needs;
}

BlockState Overlay::state_of(std::uint64_t block) const {
    const std::lock_guard lock(map_mutex_);
    return map_.state_of(block);
}

Extent Overlay::within_image(Extent extent) const {
    return common(extent, between(0, identity_.image_bytes));
}

std::uint64_t Overlay::used_bytes() const {
    const std::lock_guard lock(map_mutex_);
    return map_.data_blocks() * kBlockBytes;
}

std::uint64_t Overlay::map_memory_bytes() const {
    const std::lock_guard lock(map_mutex_);
    return map_.memory_bytes();
}

std::uint64_t Overlay::map_file_bytes() const {
    const std::lock_guard lock(log_mutex_);
    return log_.end().offset_bytes;
}

}  // namespace nbdroot::server::storage::overlay
