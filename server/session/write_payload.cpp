#include "server/session/write_payload.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "server/session/limits.h"

namespace nbdroot::server::session {

WritePayload::WritePayload(const protocol::nbd::Request& request, Put put)
    : request_(request), put_(std::move(put)) {}

void WritePayload::give_up() {
    discards_ = true;
    piece_ = {};
}

std::size_t WritePayload::piece_size() const {
    const std::uint64_t from = request_.offset_bytes + put_bytes_;
    return std::min<std::size_t>(request_.length_bytes - put_bytes_,
                                 kWritePiece - from % kPageBytes);
}

std::size_t WritePayload::take(ByteView bytes) {
    bytes = bytes.first(std::min<std::size_t>(bytes.size(), request_.length_bytes - taken_));
    const std::size_t all = bytes.size();
    while (!bytes.empty() && !discards_) {
        if (taken_ == put_bytes_ && bytes.size() >= piece_size()) {
            const ByteView piece = bytes.first(piece_size());
            taken_ += static_cast<std::uint32_t>(piece.size());
            put(piece, {});
            bytes = bytes.subspan(piece.size());
            continue;
        }
        const ByteSpan into = place();
        const std::size_t count = std::min(into.size(), bytes.size());
        std::memcpy(into.data(), bytes.data(), count);
        received(count);
        bytes = bytes.subspan(count);
    }
    taken_ += static_cast<std::uint32_t>(bytes.size());  // thrown away
    return all;
}

ByteSpan WritePayload::place() {
    if (discards_ || complete()) return {};
    if (piece_.size() == 0) piece_ = storage::Buffer(piece_size());
    return piece_.span().subspan(taken_ - put_bytes_);
}

void WritePayload::received(std::size_t count) {
    taken_ += static_cast<std::uint32_t>(count);
    if (piece_.size() > 0 && taken_ - put_bytes_ == piece_.size()) {
        storage::Buffer whole = std::exchange(piece_, {});
        const ByteView bytes = whole.view();
        put(bytes, std::move(whole));
    }
}

void WritePayload::put(ByteView bytes, storage::Buffer own) {
    const std::uint64_t offset = request_.offset_bytes + put_bytes_;
    put_bytes_ += static_cast<std::uint32_t>(bytes.size());
    put_({.offset_bytes = offset, .bytes = bytes, .own = std::move(own)});
}

}  // namespace nbdroot::server::session
