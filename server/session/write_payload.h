// The payload of one WRITE on its way from the socket, cut into pieces.
//
// A piece (kWritePiece) is taken straight from the receive buffer where it lies there whole, else
// from a buffer of its own, into which the socket is then read.
#pragma once

#include <cstdint>
#include <functional>

#include "lib/base/bytes.h"
#include "lib/protocol/nbd/transmission.h"
#include "server/storage/buffer.h"

namespace nbdroot::server::session {

class WritePayload {
public:
    struct Piece {
        std::uint64_t offset_bytes = 0;  // on the disk
        ByteView bytes;                  // in OWN, or in somebody else's buffer
        storage::Buffer own{};
    };
    using Put = std::function<void(Piece)>;

    // Each piece goes to PUT, in order, which may give_up().
    WritePayload(const protocol::nbd::Request& request, Put put);

    // What is left of it is read and thrown away.
    void give_up();

    // Takes what belongs to the payload from the front of BYTES; says how much that was.
    std::size_t take(ByteView bytes);

    // Where the socket's next bytes should go; may be empty. received() says how many came.
    [[nodiscard]] ByteSpan place();
    void received(std::size_t count);

    [[nodiscard]] bool complete() const { return taken_ == request_.length_bytes; }

private:
    [[nodiscard]] std::size_t piece_size() const;
    void put(ByteView bytes, storage::Buffer own);

    protocol::nbd::Request request_;
    Put put_;
    bool discards_ = false;
    std::uint32_t taken_ = 0;  // of the payload, in a piece or put
    std::uint32_t put_bytes_ = 0;
    storage::Buffer piece_;
};

}  // namespace nbdroot::server::session
