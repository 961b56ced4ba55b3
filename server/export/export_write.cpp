// How an export is written, and what becomes of an overlay that grows.
#include <algorithm>
#include <utility>

#include "lib/base/text.h"
#include "lib/sys/clock.h"
#include "lib/sys/thread_waits.h"
#include "server/export/export.h"
#include "server/export/work.h"

namespace nbdroot::server::export_ {
namespace {

// From one look at a file's size to the next, while it is written to. So long a write can lengthen
// a file that is just being truncated.
constexpr Duration kSizeLookPause = std::chrono::milliseconds(10);

// Writes on the loop's thread after which the overlay is asked whether its log has grown; asking
// may wait. They add 64 KiB.
constexpr std::uint32_t kMaximumUnaskedWrites = 4096;

struct WriteJob {
    Buffer bytes;
    Result<void> result = not_done();
    Instant from{};
    Instant to{};
    bool has_waited = false;
    bool wants_compaction = false;
};

struct CompactionJob {
    Result<void> result = not_done();
    bool is_broken = false;
};

// Whoever had no processor has not waited for a disk: on a busy host that says nothing of it.
void note_pace(WritePace& pace, Instant from, Instant to, std::uint64_t waits_before) {
    if (to - from < WritePace::kSlow || sys::waits_of_this_thread() == waits_before) return;
    pace.wrote(from, to);
}

bool wants_compaction(const storage::Disk& disk) {
    return disk.overlay() && disk.overlay()->wants_compaction();
}

}  // namespace

std::uint64_t Export::overlay_used_bytes() const {
    return disk_.overlay() ? disk_.overlay()->used_bytes() : 0;
}

void Export::set_quota(std::uint64_t quota_bytes, config::QuotaFull quota_full) {
    traits_.quota_bytes = quota_bytes;
    traits_.quota_full = quota_full;
    disk_.set_quota(quota_bytes);
    room_.now_found();
    room_.freed();
}

bool Export::holds(const Result<void>& result) const {
    return !result && disk_.overlay() && traits_.quota_full == config::QuotaFull::hold &&
           storage::is_no_room(result.error());
}

std::optional<Result<void>> Export::write_now(std::uint64_t offset_bytes, ByteView bytes) {
    const Instant from = sys::now();
    if (!write_pace_.may_write_now(from)) return std::nullopt;
    const Extent extent{.offset_bytes = offset_bytes, .length_bytes = bytes.size()};
    const bool wanted_room = wants_room(extent);
    Result<void> result = check_is_there(extent, from);
    if (result) {
        const std::uint64_t waits = sys::waits_of_this_thread();
        const auto written = disk_.write_now(offset_bytes, bytes);
        if (written && !*written) return std::nullopt;
        if (!written) result = fail(written.error());
        note_pace(write_pace_, from, sys::now(), waits);
    }
    settle_write(result, wanted_room);
    if (++unasked_writes_ >= kMaximumUnaskedWrites) consider_compaction();
    return result;
}

// Looking costs half a write: what was there a moment ago is taken to be there.
Result<void> Export::check_is_there(Extent extent, Instant now) {
    if (now < whole_until_) return {};
    if (!disk_.is_whole()) return disk_.check_is_there(extent);
    whole_until_ = now + kSizeLookPause;
    return {};
}

void Export::write(std::uint64_t offset_bytes, Buffer bytes, BufferDone done, Seat seat) {
    auto job = std::make_shared<WriteJob>();
    job->bytes = std::move(bytes);
    const bool wanted_room = wants_room({offset_bytes, job->bytes.size()});
    pool_.submit(
        {.work =
             [self = shared_from_this(), job, offset_bytes, held = seat.get()] {
                 const ByteView view = job->bytes.view();
                 auto result = may_begin(held);
                 if (result) result = self->disk_.check_is_there({offset_bytes, view.size()});
                 job->from = sys::now();
                 const std::uint64_t waits = sys::waits_of_this_thread();
                 if (result) result = self->disk_.write(offset_bytes, view);
                 job->to = sys::now();
                 job->has_waited = sys::waits_of_this_thread() != waits;
                 if (result) job->wants_compaction = wants_compaction(self->disk_);
                 job->result = std::move(result);
             },
         .done =
             [self = shared_from_this(), job, wanted_room, done = std::move(done),
              seat = std::move(seat)] {
                 if (job->has_waited) self->write_pace_.wrote(job->from, job->to);
                 self->settle_write(job->result, wanted_room);
                 if (job->wants_compaction) self->consider_compaction();
                 done(std::move(job->result), std::move(job->bytes));
             },
         // Where writes wait, all of one client may: reads of others do not wait behind them.
         .pace = storage::WorkerPool::Pace::slow,
         .party = &write_pace_});
}

// Only while it matters: asking costs a lock.
bool Export::wants_room(Extent extent) const {
    return (room_.is_full() || room_.has_waiters()) && disk_.needs_room(extent);
}

void Export::settle_write(const Result<void>& result, bool wanted_room) {
    report(result);
    if (result && wanted_room) {
        room_.now_found();
        room_.freed();  // for one more
    }
    if (traits_.quota_bytes == 0 || !room_.now_used(overlay_used_bytes(), traits_.quota_bytes)) {
        return;
    }
    log_.warning(cat(log_name(), ": its overlay has ", base::human_size(overlay_used_bytes()), ", ",
                     Room::kWarnAt, " % of its quota of ", base::human_size(traits_.quota_bytes)));
}

void Export::report_full(const Error& error) {
    if (!room_.now_full()) return;
    const bool holds = traits_.quota_full == config::QuotaFull::hold;
    log_.warning(cat(log_name(), ": ", error.message(),
                     holds ? "; writes that need room wait until there is some"
                           : "; writes that need room are answered as errors"));
}

void Export::consider_compaction() {
    unasked_writes_ = 0;
    if (!disk_.overlay() || std::exchange(compacts_, true)) return;
    auto job = std::make_shared<CompactionJob>();
    pool_.submit({.work =
                      [self = shared_from_this(), job] {
                          const auto& over = self->disk_.overlay();
                          Result<void> result;
                          if (over->wants_compaction()) result = over->compact();
                          job->is_broken = !result && over->broken();
                          job->result = std::move(result);
                      },
                  .done = [self = shared_from_this(),
                           job] { self->end_compaction(job->result, job->is_broken); },
                  .pace = storage::WorkerPool::Pace::slow,
                  .party = &room_});
}

void Export::end_compaction(const Result<void>& result, bool is_broken) {
    compacts_ = is_broken;  // it stays so
    if (result) return;
    log_.warning(cat(log_name(), ": compact the overlay's map: ", result.error().message(),
                     is_broken ? "" : "; it grows, and is compacted later"));
}

}  // namespace nbdroot::server::export_
