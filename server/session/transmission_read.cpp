// Reads, and looks for holes.
#include <algorithm>
#include <utility>

#include "lib/protocol/nbd/meta_context.h"
#include "server/session/answer.h"
#include "server/session/limits.h"
#include "server/session/transmission.h"

namespace nbdroot::server::session {

namespace nbd = protocol::nbd;
using export_::CachedRead;
using export_::Export;
using storage::Buffer;

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

void Transmission::read_later(const ReplyForm::Part& part, Buffer buffer, Export::BufferDone done) {
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

}  // namespace nbdroot::server::session
