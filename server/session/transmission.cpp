#include "server/session/transmission.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "server/session/answer.h"
#include "server/session/limits.h"

namespace nbdroot::server::session {
namespace {

namespace nbd = protocol::nbd;
using export_::Export;
using nbd::Command;

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
      writes_(std::make_shared<Writes>(target_, seat_, held_, owner_of_writes())),
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
    return !disconnected_ && !broken_ && !long_read_ && !replies_.full() && output_.empty() &&
           running() + held_.count() < kMaximumRunning &&
           running_bytes_ + writes_->running_bytes() + held_.bytes() < kMaximumRunningBytes;
}

bool Transmission::is_held_up() const {
    return held_.count() >= kMaximumRunning || held_.bytes() >= kMaximumRunningBytes;
}

bool Transmission::can_use(ByteView bytes) const {
    return writes_->is_receiving() ? !bytes.empty() : bytes.size() >= nbd::kRequestSize;
}

std::size_t Transmission::on_bytes(ByteView bytes) {
    std::size_t used = 0;
    while (may_take() && can_use(bytes.subspan(used))) {
        const ByteView rest = bytes.subspan(used);
        if (writes_->is_receiving()) {
            used += writes_->take(rest);
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

void Transmission::begin(const Request& request) {
    traffic_.count(request.command);
    const ErrorNumber refused = form_.check(request, target_->info());
    if (nbd::payload_length(request) > 0) {
        writes_->begin(request, refused);
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

Writes::Owner Transmission::owner_of_writes() {
    return {.over = [this](const Request& request, ErrorNumber refused, const Result<void>& result,
                           Writes::When when) { end_write(request, refused, result, when); },
            .changed = [this] { changed_(); },
            .held = [this] { wait_for_room(); }};
}

void Transmission::end_write(const Request& request, ErrorNumber refused,
                             const Result<void>& result, Writes::When when) {
    if (refused != ErrorNumber::none) return reply(request, refused);
    if (!result) return queue_reply(request, result);
    traffic_.written_bytes += request.length_bytes;
    if (wants_sync(request)) return sync(request);
    if (when == Writes::When::later) return queue_reply(request, {});
    reply(request, ErrorNumber::none);
}

void Transmission::sync(const Request& request, HeldWork::Place place) {
    ++running_;
    target_->sync(
        [weak = weak_from_this(), request, known = known_losses_,
         place](const Result<void>& result) {
            if (const auto self = weak.lock()) self->end_sync(request, known, place, result);
        },
        seat_);
}

// KNOWN: the losses that the client knew of when it asked.
void Transmission::end_sync(const Request& request, std::uint64_t known, HeldWork::Place place,
                            Result<void> result) {
    if (target_->holds(result)) {
        hold([this, request](HeldWork::Place again) { sync(request, again); }, place);
        return end_running(0);
    }
    const std::uint64_t losses = target_->losses().count();
    if (result && known != losses) {
        result = fail(
            "sync", target_->image().path(),
            "what was written before may be lost: a sync has failed, or the host has crashed", EIO);
    }
    queue_reply(request, result);
    if (!result && !broken_) {
        known_losses_ = losses;
        target_->losses().tell(boot_);
    }
    end_running(0);
}

void Transmission::hold(std::function<void(HeldWork::Place)> again, HeldWork::Place place) {
    held_.hold({.again = std::move(again)}, place);
    wait_for_room();
}

void Transmission::wait_for_room() {
    if (std::exchange(waits_for_room_, true)) return;
    target_->wait_for_room([weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->on_room();
    });
}

// One at a time; whatever finds room has the next one tried.
void Transmission::on_room() {
    waits_for_room_ = false;
    if (held_.empty()) return;
    wait_for_room();
    // No reply may stand between the parts of a long read.
    if (!long_read_) held_.try_first();
    changed_();
}

void Transmission::modify(const Request& request) { modify_from(request, 0); }

void Transmission::modify_from(const Request& request, std::uint32_t done_bytes,
                               HeldWork::Place place) {
    ++running_;
    const std::uint32_t length = std::min(request.length_bytes - done_bytes, kModifyPiece);
    const std::uint32_t end = done_bytes + length;
    auto go_on = [weak = weak_from_this(), request, done_bytes, end,
                  place](const Result<void>& result) {
        const auto self = weak.lock();
        if (!self) return;
        if (self->target_->holds(result)) {
            self->hold([raw = self.get(), request, done_bytes](
                           HeldWork::Place again) { raw->modify_from(request, done_bytes, again); },
                       place);
        } else if (!result || end == request.length_bytes) {
            self->end_modify(request, result);
        } else {
            self->modify_from(request, end);
        }
        self->slow_lane_.ended();
        self->end_running(0);
    };
    slow_lane_.submit([this, request, done_bytes, length, go_on = std::move(go_on)] {
        modify_piece(request, {request.offset_bytes + done_bytes, length}, go_on);
    });
}

void Transmission::end_modify(const Request& request, const Result<void>& result) {
    if (result && wants_sync(request)) return sync(request);
    queue_reply(request, result);
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
