// The writes of one client, from the first byte of a payload until all of it is on the disk's side.
//
// A piece of a payload is written at once where that cannot wait, so that most writes cost no way
// to a worker and back; the others go there, and the next requests are taken meanwhile. What finds
// no room under an overlay is held. A write is over when its payload has been received and none of
// its pieces is under way; the first error is its answer.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "lib/base/bytes.h"
#include "lib/base/error.h"
#include "lib/protocol/nbd/transmission.h"
#include "server/export/export.h"
#include "server/session/held_work.h"
#include "server/session/slow_lane.h"
#include "server/session/write_payload.h"

namespace nbdroot::server::session {

class Writes : public std::enable_shared_from_this<Writes> {
public:
    using Request = protocol::nbd::Request;
    using ErrorNumber = protocol::nbd::ErrorNumber;

    enum class When {
        at_once,  // while its last bytes are taken
        later
    };
    struct Owner {
        // REFUSED other than none: nothing was done.
        std::function<void(const Request&, ErrorNumber refused, const Result<void>&, When)> over;
        std::function<void()> changed;  // a worker is done with a piece
        std::function<void()> held;     // something is
    };

    // HELD is the owner's, who has it tried again.
    Writes(std::shared_ptr<export_::Export> target, export_::Export::Seat seat, HeldWork& held,
           Owner owner);

    // REFUSED: the payload is read and thrown away. Not while another is received.
    void begin(const Request& request, ErrorNumber refused);

    [[nodiscard]] bool is_receiving() const { return receiving_ != nullptr; }
    // As those of the payload that is received.
    std::size_t take(ByteView bytes);
    [[nodiscard]] ByteSpan place() { return payload_ ? payload_->place() : ByteSpan(); }
    void received(std::size_t count);

    // Pieces on workers, or waiting for them.
    [[nodiscard]] std::size_t running() const { return running_; }
    [[nodiscard]] std::size_t running_bytes() const { return running_bytes_; }
    [[nodiscard]] std::size_t held() const { return held_pieces_; }
    // Requests that are not over.
    [[nodiscard]] std::size_t open() const { return open_; }

private:
    using Piece = WritePayload::Piece;
    using Place = HeldWork::Place;
    struct Write {
        Request request;
        ErrorNumber refused = ErrorNumber::none;
        std::optional<Error> error{};
        std::size_t pieces = 0;  // under way
        bool is_received = false;
    };
    using SharedWrite = std::shared_ptr<Write>;

    void end_payload();
    void put(const SharedWrite& write, Piece piece, Place place);
    void put_later(const SharedWrite& write, Piece piece, Place place);
    void submit(const SharedWrite& write, Piece piece, Place place);
    void settle(const SharedWrite& write, Piece piece, Place place, const Result<void>& result);
    void hold(const SharedWrite& write, Piece piece, Place place);
    void end(const Write& write, When when);

    std::shared_ptr<export_::Export> target_;
    export_::Export::Seat seat_;
    HeldWork& held_;
    Owner owner_;
    SharedWrite receiving_;
    std::optional<WritePayload> payload_;
    SlowLane lane_{SlowLane::kMaximumWrites};
    std::size_t running_ = 0;
    std::size_t running_bytes_ = 0;
    std::size_t held_pieces_ = 0;
    std::size_t open_ = 0;
};

}  // namespace nbdroot::server::session
