// What the kernel knows about a TCP connection that somebody else reads and writes.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/result.h"
#include "lib/base/time.h"

namespace nbdroot::sys {

// From TCP_INFO (linux/tcp.h).
struct TcpInfo {
    std::uint32_t unacknowledged_segments = 0;  // sent, and not acknowledged
    std::uint32_t unanswered_probes = 0;        // of keepalive, or of a closed window
    Duration quiet{0};                          // since the peer's last segment of any kind

    bool operator==(const TcpInfo&) const = default;
};

[[nodiscard]] Result<TcpInfo> tcp_info(int fd, const std::string& object);

// Both directions end at once, for every holder of the socket.
void shut_down(int fd);

}  // namespace nbdroot::sys
