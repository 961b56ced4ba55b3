// One disk under the names that clients ask for, and what clients are told about it.
//
// Sessions say what they want of an export: whether that is a file, or the writes of one machine
// over a file, they do not see.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/log.h"
#include "lib/base/time.h"
#include "lib/protocol/nbd/export_info.h"
#include "lib/protocol/nbd/extent_list.h"
#include "server/config/overlay_config.h"
#include "server/export/boot_doors.h"
#include "server/export/door.h"
#include "server/export/losses.h"
#include "server/export/room.h"
#include "server/export/write_pace.h"
#include "server/storage/buffer.h"
#include "server/storage/disk.h"
#include "server/storage/worker_pool.h"

namespace nbdroot::server::export_ {

using storage::Access;
using storage::Buffer;
using storage::CachedRead;
using storage::Extent;
using storage::Holes;

// Whether several connections may write at the same time.
enum class Sharing { one_writer, shared };

[[nodiscard]] protocol::nbd::ExportInfo info_of(const storage::Disk& disk, Sharing sharing);

class Export : public std::enable_shared_from_this<Export> {
public:
    // Kept by each piece of work until its end; null where the export has no door.
    using Seat = std::shared_ptr<Door::Seat>;
    using Done = std::function<void(Result<void>)>;
    // With the buffer that was handed in.
    using BufferDone = std::function<void(Result<void>, Buffer)>;
    using AllocationDone = std::function<void(Result<void>, protocol::nbd::ExtentList)>;

    struct Traits {
        std::string name;
        std::string image_id = "none";
        std::string log_name{};  // of whoever has it alone; empty: "export 'NAME'"
        Sharing sharing = Sharing::one_writer;
        // Of its overlay.
        std::uint64_t quota_bytes = 0;  // 0: none
        config::QuotaFull quota_full = config::QuotaFull::hold;
    };

    Export(Traits traits, storage::Disk disk, storage::WorkerPool& pool, const Log& log);

    // Its image goes on under another name.
    void rename(const std::string& name);
    // It takes the place of BEFORE, which nobody uses any more: whoever was displaced stays so.
    void succeed(const Export& before);

    // As configured.
    [[nodiscard]] const std::string& name() const { return traits_.name; }
    // For messages: whose it is.
    [[nodiscard]] std::string log_name() const;
    [[nodiscard]] const std::string& image_id() const { return traits_.image_id; }
    [[nodiscard]] bool is_writable() const { return disk_.is_writable(); }
    // It is written, by one connection at a time.
    [[nodiscard]] bool one_writer() const {
        return is_writable() && traits_.sharing == Sharing::one_writer;
    }
    // Where the boot TOKEN (empty: a client without one) has to ask; null: nowhere.
    [[nodiscard]] std::shared_ptr<Door> door(const std::string& token);
    void set_door(std::shared_ptr<Door> door) { door_ = std::move(door); }
    void set_boot_doors(BootDoors doors) { boot_doors_ = std::move(doors); }
    // Lets go of HELD once its image is closed.
    void keep(std::shared_ptr<const void> held) { held_ = std::move(held); }
    [[nodiscard]] const storage::Disk& disk() const { return disk_; }
    // Below the overlay, where there is one.
    [[nodiscard]] const storage::Image& image() const { return disk_.image(); }
    [[nodiscard]] const std::shared_ptr<const storage::Image>& shared_image() const {
        return disk_.shared_image();
    }
    // Operations that its disk has failed.
    [[nodiscard]] std::uint64_t faults() const { return faults_; }
    [[nodiscard]] const protocol::nbd::ExportInfo& info() const { return info_; }

    // 0 where there is no overlay.
    [[nodiscard]] std::uint64_t overlay_used_bytes() const;
    [[nodiscard]] std::uint64_t quota_bytes() const { return traits_.quota_bytes; }
    void set_quota(std::uint64_t quota_bytes, config::QuotaFull quota_full);
    // What was written last found no room under its overlay.
    [[nodiscard]] bool is_full() const { return room_.is_full(); }
    // What has failed so is to be held, and tried again; it is no error for the client.
    [[nodiscard]] bool holds(const Result<void>& result) const;
    [[nodiscard]] bool needs_room(Extent extent) const { return disk_.needs_room(extent); }
    // TRY_AGAIN is called once, later, when there may be room.
    void wait_for_room(std::function<void()> try_again) { room_.wait(std::move(try_again)); }

    // At once, on the loop's thread.
    [[nodiscard]] CachedRead read_cached(std::uint64_t offset_bytes, ByteSpan into) const {
        return disk_.read_cached(offset_bytes, into);
    }
    // nullopt: it might wait for a disk; write() is to do it.
    [[nodiscard]] std::optional<Result<void>> write_now(std::uint64_t offset_bytes, ByteView bytes);

    // On a worker; DONE is called on the loop's thread, even when the caller is gone. What has not
    // begun when SEAT is revoked never begins, and fails with ECANCELED.
    // The read goes into BUFFER from byte SKIP on.
    void read(std::uint64_t offset_bytes, Buffer buffer, std::size_t skip, BufferDone done,
              Seat seat = nullptr);
    void write(std::uint64_t offset_bytes, Buffer bytes, BufferDone done, Seat seat = nullptr);
    // What of EXTENT is a hole, added to LIST until that is complete.
    void allocation(Extent extent, protocol::nbd::ExtentList list, AllocationDone done,
                    Seat seat = nullptr);
    void discard(Extent extent, Done done, Seat seat = nullptr);
    void zero(Extent extent, Holes holes, Done done, Seat seat = nullptr);
    void prefetch(Extent extent, Done done, Seat seat = nullptr);
    // One at a time; whoever asks meanwhile shares the next. One that fails is counted in losses(),
    // which the caller compares: an earlier one may have cost what it has written.
    void sync(Done done, Seat seat = nullptr);
    [[nodiscard]] Losses& losses() { return losses_; }
    [[nodiscard]] const Losses& losses() const { return losses_; }

private:
    struct WaitingSync {
        Done done;
        Seat seat;
    };
    struct SyncJob;

    void run(std::function<Result<void>(const storage::Disk&)> work, Done done, Seat seat);
    void begin_sync();
    void end_sync(SyncJob& job);
    // DONE, of work that may have made room.
    [[nodiscard]] Done freeing(Done done);
    [[nodiscard]] Result<void> check_is_there(Extent extent, Instant now);
    void report(const Result<void>& result);
    [[nodiscard]] bool wants_room(Extent extent) const;
    void settle_write(const Result<void>& result, bool wanted_room);
    void report_full(const Error& error);
    void consider_compaction();
    void end_compaction(const Result<void>& result, bool is_broken);

    std::shared_ptr<const void> held_;  // before the image, so that it goes after it
    Traits traits_;
    storage::Disk disk_;
    protocol::nbd::ExportInfo info_;
    storage::WorkerPool& pool_;
    const Log& log_;
    std::shared_ptr<Door> door_;  // of all; null where it is shared or read-only
    std::uint64_t faults_ = 0;
    std::optional<BootDoors> boot_doors_;  // where it is shared
    Instant whole_until_{};                // nobody looks at the size of its file before
    Losses losses_;
    std::vector<WaitingSync> waiting_syncs_;
    bool sync_runs_ = false;
    WritePace write_pace_;
    Room room_;
    std::uint32_t unasked_writes_ = 0;  // since somebody asked the overlay how its log has grown
    bool compacts_ = false;             // or never will again
};

}  // namespace nbdroot::server::export_
