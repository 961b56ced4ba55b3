#include "server/session/writes.h"

#include <cstring>
#include <utility>

namespace nbdroot::server::session {
namespace {

using storage::Buffer;

// Where it lay is somebody else's.
void take_home(WritePayload::Piece& piece) {
    if (piece.own.size() > 0) return;
    piece.own = Buffer(piece.bytes.size());
    std::memcpy(piece.own.span().data(), piece.bytes.data(), piece.bytes.size());
    piece.bytes = piece.own.view();
}

}  // namespace

Writes::Writes(std::shared_ptr<export_::Export> target, export_::Export::Seat seat, HeldWork& held,
               Owner owner)
    : target_(std::move(target)), seat_(std::move(seat)), held_(held), owner_(std::move(owner)) {}

void Writes::begin(const Request& request, ErrorNumber refused) {
    ++open_;
    receiving_ = std::make_shared<Write>(Write{.request = request, .refused = refused});
    payload_.emplace(request, [this](Piece piece) {
        ++receiving_->pieces;
        put(receiving_, std::move(piece), HeldWork::kLast);
    });
    if (refused != ErrorNumber::none) payload_->give_up();
}

std::size_t Writes::take(ByteView bytes) {
    const std::size_t used = payload_->take(bytes);
    end_payload();
    return used;
}

void Writes::received(std::size_t count) {
    payload_->received(count);
    end_payload();
}

void Writes::end_payload() {
    if (!payload_->complete()) return;
    payload_.reset();
    const SharedWrite write = std::exchange(receiving_, nullptr);
    write->is_received = true;
    if (write->pieces == 0) end(*write, When::at_once);
}

// Whoever comes later does not take the room that others wait for.
void Writes::put(const SharedWrite& write, Piece piece, Place place) {
    const bool is_new = place == HeldWork::kLast;
    if (is_new && !held_.empty() && target_->needs_room({piece.offset_bytes, piece.bytes.size()})) {
        return hold(write, std::move(piece), place);
    }
    const auto result = target_->write_now(piece.offset_bytes, piece.bytes);
    if (!result) return put_later(write, std::move(piece), place);
    settle(write, std::move(piece), place, *result);
}

void Writes::put_later(const SharedWrite& write, Piece piece, Place place) {
    take_home(piece);
    ++running_;
    running_bytes_ += piece.own.size();
    lane_.submit([this, write, kept = std::make_shared<Piece>(std::move(piece)), place] {
        submit(write, std::move(*kept), place);
    });
}

void Writes::submit(const SharedWrite& write, Piece piece, Place place) {
    const std::uint64_t offset = piece.offset_bytes;
    target_->write(
        offset, std::move(piece.own),
        [weak = weak_from_this(), write, offset, place](const Result<void>& result, Buffer own) {
            const auto self = weak.lock();
            if (!self) return;
            --self->running_;
            self->running_bytes_ -= own.size();
            self->lane_.ended();
            const ByteView bytes = own.view();
            self->settle(write, {.offset_bytes = offset, .bytes = bytes, .own = std::move(own)},
                         place, result);
            self->owner_.changed();
        },
        seat_);
}

void Writes::settle(const SharedWrite& write, Piece piece, Place place,
                    const Result<void>& result) {
    if (target_->holds(result)) return hold(write, std::move(piece), place);
    --write->pieces;
    if (!result) {
        if (!write->error) write->error = result.error();
        if (write == receiving_) payload_->give_up();
    }
    if (write->is_received && write->pieces == 0) end(*write, When::later);
}

void Writes::hold(const SharedWrite& write, Piece piece, Place place) {
    take_home(piece);
    ++held_pieces_;
    const auto bytes = piece.own.size();
    // In a shared place, since whatever std::function has can be copied.
    auto kept = std::make_shared<Piece>(std::move(piece));
    held_.hold({.bytes = bytes,
                .again =
                    [this, write, kept](Place again) {
                        --held_pieces_;
                        put(write, std::move(*kept), again);
                    }},
               place);
    owner_.held();
}

void Writes::end(const Write& write, When when) {
    --open_;
    const Result<void> result = write.error ? Result<void>(fail(*write.error)) : Result<void>();
    owner_.over(write.request, write.refused, result, when);
}

}  // namespace nbdroot::server::session
