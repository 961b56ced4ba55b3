#include "server/export/export.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "lib/base/text.h"
#include "lib/protocol/nbd/constants.h"
#include "server/export/work.h"

namespace nbdroot::server::export_ {
namespace {

namespace nbd = protocol::nbd;

constexpr std::uint32_t kPreferredBlock = 4096;  // a page, the unit of the page cache

struct ReadJob {
    Buffer buffer;
    Result<void> result = not_done();
};

struct AllocationJob {
    nbd::ExtentList list;
    Result<void> result = not_done();
};

// On a worker.
void describe(const storage::Disk& disk, Extent extent, nbd::ExtentList& list) {
    while (!list.complete()) {
        const sys::Stretch stretch = disk.stretch_at(extent);
        list.add(stretch.length_bytes, stretch.is_hole ? nbd::kStateHole | nbd::kStateZero : 0);
        extent.offset_bytes += stretch.length_bytes;
        extent.length_bytes -= stretch.length_bytes;
    }
}

}  // namespace

struct Export::SyncJob {
    std::vector<WaitingSync> waiting;
    bool has_run = false;
    bool wants_compaction = false;
    Result<void> result = not_done();
};

nbd::ExportInfo info_of(const storage::Disk& disk, Sharing sharing) {
    unsigned flags = nbd::kTransmitHasFlags | nbd::kTransmitSendFlush | nbd::kTransmitSendFua |
                     nbd::kTransmitSendCache;
    if (!disk.is_writable()) {
        flags |= nbd::kTransmitReadOnly | nbd::kTransmitCanMultiConn;
    } else {
        flags |= nbd::kTransmitSendTrim | nbd::kTransmitSendWriteZeroes;
        // One file behind all connections: each sees what the others were told is written, and a
        // flush on one is a flush of all.
        if (sharing == Sharing::shared) flags |= nbd::kTransmitCanMultiConn;
    }
    nbd::ExportInfo info;
    info.size_bytes = disk.size_bytes();
    info.transmission_flags = static_cast<std::uint16_t>(flags);
    info.block_sizes = nbd::BlockSizes{.minimum = disk.sector_bytes(),
                                       .preferred = std::max(kPreferredBlock, disk.sector_bytes()),
                                       .maximum_payload = nbd::kMaximumPayload};
    return info;
}

Export::Export(Traits traits, storage::Disk disk, storage::WorkerPool& pool, const Log& log)
    : traits_(std::move(traits)),
      disk_(std::move(disk)),
      info_(info_of(disk_, traits_.sharing)),
      pool_(pool),
      log_(log),
      room_(pool.loop()) {
    disk_.set_quota(traits_.quota_bytes);
}

void Export::rename(const std::string& name) {
    if (name == traits_.name) return;
    traits_.name = name;
    if (door_) door_->rename(name);
}

void Export::succeed(const Export& before) {
    if (!door_ || !before.door_ || before.image_id() != image_id()) return;
    door_ = before.door_;
    door_->rename(traits_.name);
}

std::shared_ptr<Door> Export::door(const std::string& token) {
    if (boot_doors_ && !token.empty()) return boot_doors_->at(token);
    return door_;
}

void Export::read(std::uint64_t offset_bytes, Buffer buffer, std::size_t skip, BufferDone done,
                  Seat seat) {
    auto job = std::make_shared<ReadJob>();
    job->buffer = std::move(buffer);
    // The completion keeps the seat until the work has ended; it must not go on a worker.
    pool_.submit(
        {.work =
             [self = shared_from_this(), job, offset_bytes, skip, held = seat.get()] {
                 auto may = may_begin(held);
                 job->result =
                     !may ? std::move(may)
                          : self->disk_.read(offset_bytes, job->buffer.span().subspan(skip));
             },
         .done =
             [self = shared_from_this(), job, done = std::move(done), seat = std::move(seat)] {
                 self->report(job->result);
                 done(std::move(job->result), std::move(job->buffer));
             }});
}

void Export::allocation(Extent extent, nbd::ExtentList list, AllocationDone done, Seat seat) {
    auto job = std::make_shared<AllocationJob>(AllocationJob{.list = std::move(list)});
    pool_.submit(
        {.work =
             [self = shared_from_this(), job, extent, held = seat.get()] {
                 auto result = may_begin(held);
                 if (result) describe(self->disk_, extent, job->list);
                 job->result = std::move(result);
             },
         // It keeps this export: the last to let go of it is never a worker.
         .done = [self = shared_from_this(), job, done = std::move(done),
                  seat = std::move(seat)] { done(std::move(job->result), std::move(job->list)); },
         .pace = storage::WorkerPool::Pace::slow,
         .party = this});
}

void Export::discard(Extent extent, Done done, Seat seat) {
    run([extent](const storage::Disk& disk) { return disk.discard(extent); },
        freeing(std::move(done)), std::move(seat));
}

void Export::zero(Extent extent, Holes holes, Done done, Seat seat) {
    run([extent, holes](const storage::Disk& disk) { return disk.zero(extent, holes); },
        freeing(std::move(done)), std::move(seat));
}

void Export::prefetch(Extent extent, Done done, Seat seat) {
    run([extent](const storage::Disk& disk) { return disk.prefetch(extent); }, std::move(done),
        std::move(seat));
}

Export::Done Export::freeing(Done done) {
    return [self = shared_from_this(), done = std::move(done)](Result<void> result) {
        if (result) self->room_.freed();
        done(std::move(result));
    };
}

void Export::run(std::function<Result<void>(const storage::Disk&)> work, Done done, Seat seat) {
    auto result = std::make_shared<Result<void>>(not_done());
    pool_.submit(
        {.work =
             [self = shared_from_this(), work = std::move(work), result, held = seat.get()] {
                 auto found = may_begin(held);
                 if (found) found = work(self->disk_);
                 *result = std::move(found);
             },
         .done =
             [self = shared_from_this(), done = std::move(done), result, seat = std::move(seat)] {
                 self->report(*result);
                 done(std::move(*result));
             },
         .pace = storage::WorkerPool::Pace::slow,
         .party = this});
}

void Export::sync(Done done, Seat seat) {
    waiting_syncs_.push_back({.done = std::move(done), .seat = std::move(seat)});
    begin_sync();
}

// Two at once would make it a matter of luck which of them the kernel tells of lost pages.
void Export::begin_sync() {
    if (sync_runs_ || waiting_syncs_.empty()) return;
    auto job = std::make_shared<SyncJob>();
    job->waiting.swap(waiting_syncs_);
    const bool wanted = std::any_of(job->waiting.begin(), job->waiting.end(),
                                    [](const auto& one) { return may_begin(one.seat.get()); });
    sync_runs_ = true;
    pool_.submit({.work =
                      [self = shared_from_this(), job, wanted] {
                          job->has_run = wanted;
                          if (!wanted) {
                              job->result = ended();
                              return;
                          }
                          job->result = self->disk_.sync();
                          const auto& over = self->disk_.overlay();
                          job->wants_compaction = job->result && over && over->wants_compaction();
                      },
                  .done = [self = shared_from_this(), job] { self->end_sync(*job); },
                  .pace = storage::WorkerPool::Pace::slow,
                  .party = &losses_});
}

void Export::end_sync(SyncJob& job) {
    const bool no_room = disk_.overlay() && !job.result && storage::is_no_room(job.result.error());
    if (job.has_run && !job.result && !no_room) losses_.add();
    report(job.result);
    if (job.result) room_.freed();
    if (job.wants_compaction) consider_compaction();
    sync_runs_ = false;
    begin_sync();
    for (WaitingSync& one : job.waiting) {
        one.done(job.result);
        one = {};
    }
}

void Export::report(const Result<void>& result) {
    if (result || result.error().code == ECANCELED || result.error().code == ENOMEM) {
        return;  // no fault of the disk
    }
    if (disk_.overlay() && storage::is_no_room(result.error())) return report_full(result.error());
    ++faults_;
    log_.error(cat(log_name(), ": ", result.error().message()));
}

std::string Export::log_name() const {
    if (!traits_.log_name.empty()) return traits_.log_name;
    return cat("export '", base::printable(name()), "'");
}

}  // namespace nbdroot::server::export_
