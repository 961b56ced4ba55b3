// A stream socket: many places in one system call; and what the server's end of TCP is set to.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <span>

#include "lib/base/result.h"
#include "lib/sys/tcp_liveness.h"

namespace nbdroot::sys {

// What one system call moved. Nothing moved and not ended: it would have blocked.
struct Transfer {
    std::size_t bytes = 0;
    bool ended = false;  // received: the peer sends no more
};

// One recvmsg(2) into the places of INTO, in order.
Result<Transfer> receive_scattered(int fd, std::span<const iovec> into);

// One sendmsg(2) of FROM, in order; may move less than all of it. Never raises SIGPIPE.
Result<Transfer> send_gathered(int fd, std::span<const iovec> from);

// Frozen clients (a suspended VM, a pulled cable) may come back; only a host that does not answer
// for idle + count * interval = 60 s loses its connection.
inline constexpr Keepalive kServerKeepalive{.idle_s = 30, .interval_s = 10, .count = 3};

// No delay for small segments; kServerKeepalive.
Result<void> tune_server_stream(int fd);

}  // namespace nbdroot::sys
