#include "server/session/transmission.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "lib/protocol/nbd/meta_context.h"
#include "server/session/answer.h"
#include "server/session/limits.h"

namespace nbdroot::server::session {
namespace {

namespace nbd = protocol::nbd;
using export_::CachedRead;
using export_::Export;
using nbd::Command;
using storage::Buffer;

bool wants_sync(const nbd::Request& request) { return (request.flags & nbd::kCommandFua) != 0; }

}  // namespace

Transmission::Transmission(std::shared_ptr<Export> target, Seat seat, ReplyArena& replies,
                           OutputQueue& output, std::function<void()> changed, ReplyForm form)
    : target_(std::move(target)),
      seat_(std::move(seat)),
      replies_(replies),
      output_(output),
      changed_(std::move(changed)),
      form_(form),
      known_losses_(target_->losses().count()) {}

void Transmission::belong_to(const std::string& boot, bool returns) {
    boot_ = boot;
    if (returns) {
        known_losses_ = target_->losses().known_to(boot_);
    } else {
        target_->losses().tell(boot_);
    }
}

void Transmission::end() {
    if (!seat_) return;
    seat_->revoke();
    if (disconnected_) seat_->set_parting(export_::Lease::Parting::for_good);
}

bool Transmission::may_take() const {
    return !disconnected_ && !broken_ && !long_read_ && running_ < kMaximumRunning &&
           running_bytes_ < kMaximumRunningBytes && !replies_.full() && output_.empty();
}

bool Transmission::can_use(ByteView bytes) const {
    return payload_ ? !bytes.empty() : bytes.size() >= nbd::kRequestSize;
}

std::size_t Transmission::on_bytes(ByteView bytes) {
    std::size_t used = 0;
    while (may_take() && can_use(bytes.subspan(used))) {
        const ByteView rest = bytes.subspan(used);
        if (payload_) {
            used += payload_->take(rest);
            payload_received(0);
            continue;
        }
        const auto request = nbd::parse_request(rest.first<nbd::kRequestSize>());
        if (!request) {
            broken_ = request.error();
            break;
        }
        used += nbd::kRequestSize;
        begin(*request);
    }
    return used;
}

void Transmission::payload_received(std::size_t count) {
    if (count > 0) payload_->received(count);
    if (!payload_->complete()) return;
    const WritePayload payload = std::move(*payload_);
    payload_.reset();
    write(payload);
}

void Transmission::begin(const Request& request) {
    traffic_.count(request.command);
    const ErrorNumber refused = form_.check(request, target_->info());
    if (nbd::payload_length(request) > 0) {
        payload_.emplace(request, refused, *target_);
    } else if (refused != ErrorNumber::none) {
        reply(request, refused);
    } else {
        execute(request);
    }
}

void Transmission::execute(const Request& request) {
    switch (request.command) {
        case Command::disconnect:
            disconnected_ = true;
            return;
        case Command::read:
            return read(request);
        case Command::flush:
            return sync(request);
        case Command::write:  // of length 0: the others come with their payload
        case Command::trim:
        case Command::write_zeroes:
        case Command::cache:
            if (request.length_bytes == 0) return reply(request, ErrorNumber::none);
            return modify(request);
        case Command::block_status:
            return tell_allocation(request);
        case Command::resize:
            break;
    }
    reply(request, ErrorNumber::invalid);
}

void Transmission::read(const Request& request) {
    const std::size_t length = request.length_bytes;
    if (length == 0) return reply(request, ErrorNumber::none);
    if (length > kShortRead) {
        if ((request.flags & nbd::kCommandDf) != 0) return reply(request, ErrorNumber::overflow);
        long_read_ = LongRead{.request = request};
        return;
    }
    const ReplyForm::Part part = ReplyForm::whole(request);
    const std::size_t header = form_.header_size(part);
    const ByteSpan room = replies_.room(header + length);
    if (target_->read_cached(request.offset_bytes, room.subspan(header)) == CachedRead::done) {
        traffic_.read_bytes += length;
        if (form_.is_hole(part, room.subspan(header))) return add_hole(part);
        form_.put_header(part, room);
        return replies_.commit(header + length);
    }
    running_bytes_ += length;
    read_later(part, Buffer(header + length),
               [weak = weak_from_this(), part](const Result<void>& result, Buffer done) {
                   const auto self = weak.lock();
                   if (!self) return;
                   if (result) {
                       self->push_read(part, std::move(done));
                   } else {
                       self->queue_reply(part.request, result);
                   }
                   self->end_running(part.length_bytes);
               });
}

void Transmission::read_later(const ReplyForm::Part& part, Buffer buffer, Export::ReadDone done) {
    ++running_;
    const std::size_t header = form_.header_size(part);
    form_.put_header(part, buffer.span());
    target_->read(part.offset_bytes(), std::move(buffer), header, std::move(done), seat_);
}

// DONE has its header before the data.
void Transmission::push_read(const ReplyForm::Part& part, Buffer done) {
    traffic_.read_bytes += part.length_bytes;
    if (!form_.is_hole(part, done.view().subspan(form_.header_size(part)))) {
        return output_.push(std::move(done));
    }
    const nbd::HoleChunkWire hole = ReplyForm::hole(part);
    output_.push_copy(std::as_bytes(std::span(&hole, 1)));
}

void Transmission::add_hole(const ReplyForm::Part& part) {
    const nbd::HoleChunkWire hole = ReplyForm::hole(part);
    replies_.add(std::as_bytes(std::span(&hole, 1)));
}

void Transmission::advance() {
    // Alone on the connection: no other reply may stand between the parts.
    if (reading_on() && !broken_ && output_.empty() && replies_.empty()) {
        read_part();
    }
}

// Parts end on page boundaries, as proto.md would like chunks to.
ReplyForm::Part Transmission::next_part() const {
    const std::uint64_t offset = long_read_->request.offset_bytes + long_read_->done_bytes;
    const std::uint32_t left = long_read_->request.length_bytes - long_read_->done_bytes;
    return {.request = long_read_->request,
            .begin_bytes = long_read_->done_bytes,
            .length_bytes =
                std::min(left, static_cast<std::uint32_t>(kLongReadPart - offset % kPageBytes))};
}

void Transmission::read_part() {
    LongRead& read = *long_read_;
    const ReplyForm::Part part = next_part();
    const std::size_t header = form_.header_size(part);
    Buffer buffer(header + part.length_bytes);
    if (target_->read_cached(part.offset_bytes(), buffer.span().subspan(header)) ==
        CachedRead::done) {
        form_.put_header(part, buffer.span());
        return part_done({}, part, std::move(buffer));
    }
    read.waits = true;
    read_later(part, std::move(buffer),
               [weak = weak_from_this(), part](const Result<void>& result, Buffer done) {
                   const auto self = weak.lock();
                   if (!self) return;
                   self->part_done(result, part, std::move(done));
                   self->end_running(0);
               });
}

void Transmission::part_done(const Result<void>& result, const ReplyForm::Part& part, Buffer done) {
    LongRead& read = *long_read_;
    read.waits = false;
    if (!result) return fail_part(result.error());
    read.done_bytes += part.length_bytes;
    push_read(part, std::move(done));
    if (part.is_last()) long_read_.reset();
}

void Transmission::fail_part(const Error& error) {
    const LongRead read = *std::exchange(long_read_, std::nullopt);
    if (read.done_bytes == 0) return queue_reply(read.request, fail(error));
    const auto number = answer_for(error);
    if (!number || !form_.is_structured()) {
        broken_ = error;  // a simple reply has begun, and said "no error"
        return;
    }
    ++traffic_.error_replies;
    output_.push_copy(
        nbd::error_chunk({.cookie = read.request.cookie,
                          .error = *number,
                          .message = error.reason,
                          .offset_bytes = read.request.offset_bytes + read.done_bytes}));
}

void Transmission::tell_allocation(const Request& request) {
    const bool one = (request.flags & nbd::kCommandReqOne) != 0;
    const std::size_t most = one ? 1 : kMaximumDescriptors;
    const std::size_t cost = most * sizeof(nbd::ExtentDescriptor);
    ++running_;
    running_bytes_ += cost;
    auto done = [weak = weak_from_this(), request, cost](const Result<void>& result,
                                                         const nbd::ExtentList& list) {
        const auto self = weak.lock();
        if (!self) return;
        if (result) {
            self->output_.push_copy(
                nbd::status_chunk(request.cookie, nbd::kAllocationId, list.descriptors()));
        } else {
            self->queue_reply(request, result);
        }
        self->slow_lane_.ended();
        self->end_running(cost);
    };
    slow_lane_.submit([this, request, most, done = std::move(done)] {
        target_->allocation({request.offset_bytes, request.length_bytes},
                            nbd::ExtentList(request.length_bytes, most), done, seat_);
    });
}

void Transmission::write(const WritePayload& payload) {
    const Request& request = payload.request();
    if (payload.refused() != ErrorNumber::none) return reply(request, payload.refused());
    if (payload.error()) return queue_reply(request, fail(*payload.error()));
    traffic_.written_bytes += request.length_bytes;
    if (!wants_sync(request)) return reply(request, ErrorNumber::none);
    sync(request);
}

void Transmission::sync(const Request& request) {
    ++running_;
    target_->sync(
        [weak = weak_from_this(), request, known = known_losses_](const Result<void>& result) {
            if (const auto self = weak.lock()) self->end_sync(request, known, result);
        },
        seat_);
}

// KNOWN: the losses that the client knew of when it asked.
void Transmission::end_sync(const Request& request, std::uint64_t known, Result<void> result) {
    const std::uint64_t losses = target_->losses().count();
    if (result && known != losses) {
        result = fail("sync", target_->image().path(), "an earlier sync has failed", EIO);
    }
    queue_reply(request, result);
    if (!result && !broken_) {
        known_losses_ = losses;
        target_->losses().tell(boot_);
    }
    end_running(0);
}

void Transmission::modify(const Request& request) {
    ++running_;
    modify_from(request, 0);
}

void Transmission::modify_from(const Request& request, std::uint32_t done_bytes) {
    const std::uint32_t length = std::min(request.length_bytes - done_bytes, kModifyPiece);
    const std::uint32_t end = done_bytes + length;
    if (end == request.length_bytes) {
        return slow_lane_.submit([this, request, done_bytes, length] {
            modify_piece(request, {request.offset_bytes + done_bytes, length},
                         answer_slow(request));
        });
    }
    auto go_on = [weak = weak_from_this(), request, end](const Result<void>& result) {
        const auto self = weak.lock();
        if (!self) return;
        if (!result) return self->end_slow(request, result);
        self->modify_from(request, end);
        self->slow_lane_.ended();
    };
    slow_lane_.submit([this, request, done_bytes, length, go_on = std::move(go_on)] {
        modify_piece(request, {request.offset_bytes + done_bytes, length}, go_on);
    });
}

void Transmission::modify_piece(const Request& request, export_::Extent extent, Export::Done done) {
    if (request.command == Command::trim) {
        target_->discard(extent, std::move(done), seat_);
    } else if (request.command == Command::cache) {
        target_->prefetch(extent, std::move(done), seat_);
    } else {
        const bool no_hole = (request.flags & nbd::kCommandNoHole) != 0;
        target_->zero(extent, no_hole ? export_::Holes::forbidden : export_::Holes::allowed,
                      std::move(done), seat_);
    }
}

void Transmission::reply(const Request& request, ErrorNumber error) {
    if (error != ErrorNumber::none) ++traffic_.error_replies;
    if (form_.is_simple(request, error)) {
        return replies_.add({.error = error, .cookie = request.cookie});
    }
    replies_.add(ByteView(ReplyForm::chunk(request, error, ReplyForm::explain(error))));
}

Export::Done Transmission::answer_slow(const Request& request) {
    return [weak = weak_from_this(), request](const Result<void>& result) {
        if (const auto self = weak.lock()) self->end_slow(request, result);
    };
}

void Transmission::end_slow(const Request& request, const Result<void>& result) {
    slow_lane_.ended();
    if (result && wants_sync(request)) {
        sync(request);
    } else {
        queue_reply(request, result);
    }
    end_running(0);
}

void Transmission::queue_reply(const Request& request, const Result<void>& result) {
    std::optional<ErrorNumber> number = ErrorNumber::none;
    if (!result) number = answer_for(result.error());
    if (!number) {
        broken_ = result.error();
        return;
    }
    if (*number != ErrorNumber::none) ++traffic_.error_replies;
    if (!form_.is_simple(request, *number)) {
        const std::string_view reason = result ? "" : std::string_view(result.error().reason);
        return output_.push_copy(ReplyForm::chunk(request, *number, reason));
    }
    const auto wire = nbd::encode(nbd::SimpleReply{.error = *number, .cookie = request.cookie});
    output_.push_copy(std::as_bytes(std::span(&wire, 1)));
}

void Transmission::end_running(std::size_t bytes) {
    --running_;
    running_bytes_ -= bytes;
    changed_();
}

}  // namespace nbdroot::server::session
