// The transmission phase of one client: requests in, work on its export, replies out.
//
// What can be done at once is answered into the loop's reply arena; what may wait for a disk is
// answered into the session's queue later, in whatever order it gets done. It takes no request when
// a limit is reached: the bytes stay where they are, at last in the client.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "lib/base/bytes.h"
#include "lib/base/error.h"
#include "lib/protocol/nbd/transmission.h"
#include "server/export/export.h"
#include "server/session/output_queue.h"
#include "server/session/reply_form.h"
#include "server/session/scratch.h"
#include "server/session/slow_lane.h"
#include "server/session/traffic.h"
#include "server/session/writes.h"

namespace nbdroot::server::session {

class Transmission : public std::enable_shared_from_this<Transmission> {
public:
    using Seat = export_::Export::Seat;

    // CHANGED is called when work that ran elsewhere is done. OUTPUT belongs to the session, which
    // also owns this. SEAT, null where the export has no door, is kept by this and by each piece of
    // work until its end.
    Transmission(std::shared_ptr<export_::Export> target, Seat seat, ReplyArena& replies,
                 OutputQueue& output, std::function<void()> changed, ReplyForm form = {});

    // Takes whole requests, and payload as it comes, from the front of BYTES; says how much.
    std::size_t on_bytes(ByteView bytes);

    // BOOT is its token, empty: none. One that RETURNS may have written before a sync failed.
    void belong_to(const std::string& boot, bool returns);

    // The connection has ended: work that has not begun is dropped.
    void end();

    // Bytes of a payload, to be received straight into their place; empty where none is due.
    [[nodiscard]] ByteSpan payload_place() { return writes_->place(); }
    void payload_received(std::size_t count) { writes_->received(count); }

    // Goes on with a long read; call it when the output queue is empty.
    void advance();

    // Another request could be begun now.
    [[nodiscard]] bool may_take() const;
    // BYTES, left over, are more than the beginning of a request.
    [[nodiscard]] bool can_use(ByteView bytes) const;
    // A long read can go on at once: it waits neither for a disk nor for the replies before it.
    [[nodiscard]] bool reading_on() const {
        return long_read_ && !long_read_->waits && running() == 0;
    }
    // Every request that was taken is answered, or held: what has no room is never an error, and
    // nobody knows when there will be some. Who ends the connection drops it; the client sends it
    // again.
    [[nodiscard]] bool idle() const { return running() == 0 && !long_read_; }
    // What is held is as much as may be: nothing is taken until there is room.
    [[nodiscard]] bool is_held_up() const;

    // The client said DISC: nothing is taken any more.
    [[nodiscard]] bool disconnected() const { return disconnected_; }
    // Why the connection must be closed without further answers, if it must.
    [[nodiscard]] const std::optional<Error>& broken() const { return broken_; }

    [[nodiscard]] const export_::Export& target() const { return *target_; }
    [[nodiscard]] const Traffic& traffic() const { return traffic_; }
    // Requests that were taken and are not answered.
    [[nodiscard]] std::size_t in_flight() const {
        const bool is_long = long_read_ && !long_read_->waits;
        return running_ + held_.count() - writes_->held() + writes_->open() + (is_long ? 1U : 0U);
    }

private:
    using Request = protocol::nbd::Request;
    using ErrorNumber = protocol::nbd::ErrorNumber;
    struct LongRead {
        Request request;
        std::uint32_t done_bytes = 0;
        bool waits = false;
    };

    void begin(const Request& request);
    void execute(const Request& request);
    void read(const Request& request);
    void read_later(const ReplyForm::Part& part, storage::Buffer buffer,
                    export_::Export::BufferDone done);
    void push_read(const ReplyForm::Part& part, storage::Buffer done);
    void add_hole(const ReplyForm::Part& part);
    [[nodiscard]] ReplyForm::Part next_part() const;
    void read_part();
    void part_done(const Result<void>& result, const ReplyForm::Part& part, storage::Buffer done);
    void fail_part(const Error& error);
    void tell_allocation(const Request& request);
    [[nodiscard]] Writes::Owner owner_of_writes();
    void end_write(const Request& request, ErrorNumber refused, const Result<void>& result,
                   Writes::When when);
    void sync(const Request& request, HeldWork::Place place = HeldWork::kLast);
    void end_sync(const Request& request, std::uint64_t known, HeldWork::Place place,
                  Result<void> result);
    void hold(std::function<void(HeldWork::Place)> again, HeldWork::Place place);
    void wait_for_room();
    void on_room();
    [[nodiscard]] std::size_t running() const { return running_ + writes_->running(); }
    // TRIM, WRITE_ZEROES and CACHE, in pieces: another client's work comes between them.
    void modify(const Request& request);
    void modify_from(const Request& request, std::uint32_t done_bytes,
                     HeldWork::Place place = HeldWork::kLast);
    void modify_piece(const Request& request, export_::Extent extent, export_::Export::Done done);
    void end_modify(const Request& request, const Result<void>& result);
    void reply(const Request& request, ErrorNumber error);
    void queue_reply(const Request& request, const Result<void>& result);
    void end_running(std::size_t bytes);

    std::shared_ptr<export_::Export> target_;
    Seat seat_;
    ReplyArena& replies_;
    OutputQueue& output_;
    std::function<void()> changed_;
    ReplyForm form_;
    HeldWork held_;
    std::shared_ptr<Writes> writes_;
    bool waits_for_room_ = false;
    std::optional<LongRead> long_read_;
    std::optional<Error> broken_;
    bool disconnected_ = false;
    std::size_t running_ = 0;  // operations on workers, or waiting for them
    std::size_t running_bytes_ = 0;
    SlowLane slow_lane_;
    std::string boot_;
    std::uint64_t known_losses_;
    Traffic traffic_;
};

}  // namespace nbdroot::server::session
