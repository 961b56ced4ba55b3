#include "server/session/write_payload.h"

#include <algorithm>
#include <cstring>

#include "server/session/limits.h"

namespace nbdroot::server::session {

using protocol::nbd::ErrorNumber;

WritePayload::WritePayload(const protocol::nbd::Request& request, ErrorNumber refused,
                           export_::Export& target)
    : request_(request), refused_(refused), target_(target) {}

bool WritePayload::discards() const { return refused_ != ErrorNumber::none || error_; }

std::size_t WritePayload::piece_size() const {
    const std::uint64_t from = request_.offset_bytes + written_;
    return std::min<std::size_t>(request_.length_bytes - written_, kWritePiece - from % kPageBytes);
}

std::size_t WritePayload::take(ByteView bytes) {
    bytes = bytes.first(std::min<std::size_t>(bytes.size(), request_.length_bytes - taken_));
    const std::size_t all = bytes.size();
    while (!bytes.empty() && !discards()) {
        if (taken_ == written_ && bytes.size() >= piece_size()) {
            const ByteView piece = bytes.first(piece_size());
            taken_ += static_cast<std::uint32_t>(piece.size());
            write(piece);
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
    if (discards() || complete()) return {};
    if (piece_.size() == 0) piece_ = storage::Buffer(piece_size());
    return piece_.span().subspan(taken_ - written_);
}

void WritePayload::received(std::size_t count) {
    taken_ += static_cast<std::uint32_t>(count);
    if (piece_.size() > 0 && taken_ - written_ == piece_.size()) {
        write(piece_.view());
        piece_ = {};
    }
}

void WritePayload::write(ByteView piece) {
    const auto result = target_.write(request_.offset_bytes + written_, piece);
    if (!result) error_ = result.error();
    written_ += static_cast<std::uint32_t>(piece.size());
}

}  // namespace nbdroot::server::session
