// Stream sockets that do not block: take or give what is possible now.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "lib/base/bytes.h"
#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/sys/fd.h"

namespace nbdroot::sys {

// Bytes moved; nullopt: nothing can be moved now. 0 of receive_some() is the end of the stream.
using Moved = std::optional<std::size_t>;

// recv(2) into a span that is not empty, and send(2) without SIGPIPE; neither waits.
[[nodiscard]] Result<Moved> receive_some(int fd, ByteSpan into, const std::string& object);
[[nodiscard]] Result<Moved> send_some(int fd, ByteView from, const std::string& object);

// No more bytes follow in this direction.
[[nodiscard]] Result<void> shut_down_sending(int fd, const std::string& object);

// Whether the peer has closed, whatever it sent before.
[[nodiscard]] bool is_hung_up(int fd);

// Both directions end at once, for every holder of the socket.
void shut_down(int fd);

// Waits for a byte and takes it; false: none came within LIMIT, or the stream has ended.
[[nodiscard]] bool wait_for_byte(int fd, Duration limit);

struct StreamPair {
    Fd first;
    Fd second;
};
// Two connected AF_UNIX stream sockets that block.
[[nodiscard]] Result<StreamPair> make_stream_pair();

}  // namespace nbdroot::sys
