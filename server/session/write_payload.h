// The payload of one WRITE on its way from the socket into the export.
//
// It is written in pieces (kWritePiece): straight from the receive buffer where a whole piece lies
// there, else from a buffer of its own, into which the socket is then read.
#pragma once

#include <cstdint>
#include <optional>

#include "lib/base/bytes.h"
#include "lib/base/error.h"
#include "lib/protocol/nbd/transmission.h"
#include "server/export/export.h"
#include "server/storage/buffer.h"

namespace nbdroot::server::session {

class WritePayload {
public:
    // REFUSED other than none: the payload is read and thrown away.
    WritePayload(const protocol::nbd::Request& request, protocol::nbd::ErrorNumber refused,
                 export_::Export& target);

    // Takes what belongs to the payload from the front of BYTES; says how much that was.
    std::size_t take(ByteView bytes);

    // Where the socket's next bytes should go; may be empty. received() says how many came.
    [[nodiscard]] ByteSpan place();
    void received(std::size_t count);

    [[nodiscard]] bool complete() const { return taken_ == request_.length_bytes; }
    [[nodiscard]] const protocol::nbd::Request& request() const { return request_; }
    [[nodiscard]] protocol::nbd::ErrorNumber refused() const { return refused_; }
    [[nodiscard]] const std::optional<Error>& error() const { return error_; }

private:
    [[nodiscard]] bool discards() const;
    [[nodiscard]] std::size_t piece_size() const;
    void write(ByteView piece);

    protocol::nbd::Request request_;
    protocol::nbd::ErrorNumber refused_;
    export_::Export& target_;
    std::optional<Error> error_;  // the first one; the rest of the payload is thrown away
    std::uint32_t taken_ = 0;     // of the payload, in a piece or written
    std::uint32_t written_ = 0;
    storage::Buffer piece_;
};

}  // namespace nbdroot::server::session
