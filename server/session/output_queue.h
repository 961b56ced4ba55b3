// Bytes that a client has not taken yet.
#pragma once

#include <deque>

#include "lib/base/bytes.h"
#include "lib/base/result.h"
#include "server/storage/buffer.h"

namespace nbdroot::server::session {

class OutputQueue {
public:
    void push(storage::Buffer block);
    void push_copy(ByteView bytes);

    [[nodiscard]] bool empty() const { return blocks_.empty(); }

    // Sends what waits and then FRESH, with one system call as long as the socket takes all; what
    // it does not take of FRESH is copied and waits. An Error: the connection is lost.
    Result<void> send(int fd, ByteView fresh);

private:
    void drop_front(std::size_t bytes);

    std::deque<storage::Buffer> blocks_;
    std::size_t sent_of_front_ = 0;
};

}  // namespace nbdroot::server::session
