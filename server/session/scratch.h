// The buffers that all sessions of one loop take turns with: a client that is idle costs none.
#pragma once

#include "lib/base/assert.h"
#include "lib/base/bytes.h"
#include "lib/protocol/nbd/structured_reply.h"
#include "lib/protocol/nbd/transmission.h"
#include "server/session/limits.h"
#include "server/storage/buffer.h"

namespace nbdroot::server::session {

// Replies of one turn, one after the other, so that one system call sends them.
class ReplyArena {
public:
    // Room for SIZE bytes behind what is there; they count once commit() says so.
    [[nodiscard]] ByteSpan room(std::size_t size) {
        NBDROOT_ASSERT(size <= buffer_.size() - used_);
        return buffer_.span().subspan(used_, size);
    }
    void commit(std::size_t size) { used_ += size; }

    // A reply without data.
    void add(const protocol::nbd::SimpleReply& reply) {
        const auto wire = protocol::nbd::encode(reply);
        std::memcpy(room(sizeof wire).data(), &wire, sizeof wire);
        commit(sizeof wire);
    }
    void add(ByteView reply) {
        std::memcpy(room(reply.size()).data(), reply.data(), reply.size());
        commit(reply.size());
    }

    [[nodiscard]] ByteView view() const { return buffer_.view().first(used_); }
    [[nodiscard]] bool full() const { return used_ >= kTurnBytes; }
    [[nodiscard]] bool empty() const { return used_ == 0; }
    void clear() { used_ = 0; }

private:
    // One request is begun while the arena is not full, and takes at most a short read.
    storage::Buffer buffer_{kTurnBytes + kShortRead + 2 * protocol::nbd::kDataChunkSize};
    std::size_t used_ = 0;
};

struct Scratch {
    storage::Buffer received{kReceiveBytes};
    ReplyArena replies;
};

}  // namespace nbdroot::server::session
