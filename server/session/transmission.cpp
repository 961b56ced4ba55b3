#include "server/session/transmission.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "server/session/answer.h"
#include "server/session/limits.h"

namespace nbdroot::server::session {
namespace {

namespace nbd = protocol::nbd;
using export_::CachedRead;
using export_::Export;
using nbd::Command;
using storage::Buffer;

void put_header(Buffer& buffer, const nbd::Request& request) {
    const auto wire = nbd::encode(nbd::SimpleReply{.cookie = request.cookie});
    std::memcpy(buffer.span().data(), &wire, sizeof wire);
}

Export::Then then_of(const nbd::Request& request) {
    return (request.flags & nbd::kCommandFua) != 0 ? Export::Then::sync : Export::Then::nothing;
}

}  // namespace

Transmission::Transmission(std::shared_ptr<Export> target, Seat seat, ReplyArena& replies,
                           OutputQueue& output, std::function<void()> changed)
    : target_(std::move(target)),
      seat_(std::move(seat)),
      replies_(replies),
      output_(output),
      changed_(std::move(changed)) {}

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
    const ErrorNumber refused = nbd::check_request(request, target_->info());
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
            ++running_;
            return target_->sync(answer_later(request), seat_);
        case Command::write:  // of length 0: the others come with their payload
        case Command::trim:
        case Command::write_zeroes:
        case Command::cache:
            if (request.length_bytes == 0) return reply(request, ErrorNumber::none);
            return modify(request);
        case Command::block_status:
        case Command::resize:
            break;
    }
    reply(request, ErrorNumber::invalid);
}

void Transmission::read(const Request& request) {
    const std::size_t length = request.length_bytes;
    if (length == 0) return reply(request, ErrorNumber::none);
    traffic_.read_bytes += length;
    if (length > kShortRead) {
        long_read_ = LongRead{.request = request};
        return;
    }
    constexpr std::size_t header = nbd::kSimpleReplySize;
    const ByteSpan room = replies_.room(header + length);
    if (target_->read_cached(request.offset_bytes, room.subspan(header)) == CachedRead::done) {
        replies_.add({.cookie = request.cookie});
        return replies_.commit(length);
    }
    ++running_;
    running_bytes_ += length;
    Buffer buffer(header + length);
    put_header(buffer, request);
    target_->read(
        request.offset_bytes, std::move(buffer), header,
        [weak = weak_from_this(), request](const Result<void>& result, Buffer done) {
            const auto self = weak.lock();
            if (!self) return;
            if (result) {
                self->output_.push(std::move(done));
            } else {
                self->queue_reply(request, result);
            }
            self->end_running(request.length_bytes);
        },
        seat_);
}

void Transmission::advance() {
    // Alone on the connection: no other reply may stand between the parts.
    if (reading_on() && !broken_ && output_.empty() && replies_.empty()) {
        read_part();
    }
}

void Transmission::read_part() {
    LongRead& read = *long_read_;
    const std::size_t skip = read.done_bytes == 0 ? nbd::kSimpleReplySize : 0;
    const std::size_t length =
        std::min<std::size_t>(kLongReadPart, read.request.length_bytes - read.done_bytes);
    const std::uint64_t offset = read.request.offset_bytes + read.done_bytes;
    Buffer part(skip + length);
    if (skip > 0) put_header(part, read.request);
    if (target_->read_cached(offset, part.span().subspan(skip)) == CachedRead::done) {
        return part_done({}, std::move(part));
    }
    read.waits = true;
    ++running_;
    target_->read(
        offset, std::move(part), skip,
        [weak = weak_from_this()](const Result<void>& result, Buffer done) {
            const auto self = weak.lock();
            if (!self) return;
            self->part_done(result, std::move(done));
            self->end_running(0);
        },
        seat_);
}

void Transmission::part_done(const Result<void>& result, Buffer part) {
    LongRead& read = *long_read_;
    read.waits = false;
    const bool first = read.done_bytes == 0;
    if (!result) {
        if (first) {
            queue_reply(read.request, result);
        } else {
            broken_ = result.error();  // the reply has begun, and said "no error"
        }
        long_read_.reset();
        return;
    }
    read.done_bytes +=
        static_cast<std::uint32_t>(part.size() - (first ? nbd::kSimpleReplySize : 0));
    const bool last = read.done_bytes == read.request.length_bytes;
    output_.push(std::move(part));
    if (last) long_read_.reset();
}

void Transmission::write(const WritePayload& payload) {
    const Request& request = payload.request();
    if (payload.refused() != ErrorNumber::none) return reply(request, payload.refused());
    if (payload.error()) return queue_reply(request, fail(*payload.error()));
    traffic_.written_bytes += request.length_bytes;
    if (then_of(request) == Export::Then::nothing) return reply(request, ErrorNumber::none);
    ++running_;
    target_->sync(answer_later(request), seat_);
}

void Transmission::modify(const Request& request) {
    const export_::Extent extent{.offset_bytes = request.offset_bytes,
                                 .length_bytes = request.length_bytes};
    ++running_;
    if (request.command == Command::trim) {
        target_->discard(extent, then_of(request), answer_later(request), seat_);
    } else if (request.command == Command::cache) {
        target_->prefetch(extent, answer_later(request), seat_);
    } else {
        const bool no_hole = (request.flags & nbd::kCommandNoHole) != 0;
        target_->zero(extent, no_hole ? export_::Holes::forbidden : export_::Holes::allowed,
                      then_of(request), answer_later(request), seat_);
    }
}

void Transmission::reply(const Request& request, ErrorNumber error) {
    if (error != ErrorNumber::none) ++traffic_.error_replies;
    replies_.add({.error = error, .cookie = request.cookie});
}

Export::Done Transmission::answer_later(const Request& request) {
    return [weak = weak_from_this(), request](const Result<void>& result) {
        const auto self = weak.lock();
        if (!self) return;
        self->queue_reply(request, result);
        self->end_running(0);
    };
}

void Transmission::queue_reply(const Request& request, const Result<void>& result) {
    std::optional<ErrorNumber> number = ErrorNumber::none;
    if (!result) number = answer_for(result.error());
    if (!number) {
        broken_ = result.error();
        return;
    }
    if (*number != ErrorNumber::none) ++traffic_.error_replies;
    const auto wire = nbd::encode(nbd::SimpleReply{.error = *number, .cookie = request.cookie});
    output_.push_copy(std::as_bytes(std::span(&wire, 1)));
}

void Transmission::end_running(std::size_t bytes) {
    --running_;
    running_bytes_ -= bytes;
    changed_();
}

}  // namespace nbdroot::server::session
