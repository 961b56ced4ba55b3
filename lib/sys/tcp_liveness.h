// What the kernel knows of the other end of a TCP connection, and how often it asks.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/result.h"
#include "lib/base/time.h"

namespace nbdroot::sys {

// tcp(7), TCP_INFO: what our kernel has heard from the peer's.
struct TcpInfo {
    bool closed = false;      // reset, timed out, or never connected
    bool peer_ended = false;  // the peer has sent the end of its stream, and we have not closed yet
    std::uint32_t unacked_segments = 0;   // sent, and not acknowledged
    std::uint32_t unsent_bytes = 0;       // wait for the peer's window
    std::uint32_t unanswered_probes = 0;  // of the window, or keepalive probes
    Duration since_sent{};                // data, also sent again
    Duration since_data{};                // received
    Duration since_ack{};                 // received
    std::uint32_t round_trip_us = 0;      // smoothed; 0: none was measured yet
};

[[nodiscard]] Result<TcpInfo> tcp_info(int fd, const std::string& object);

// After IDLE_S without a word from the peer a probe, every INTERVAL_S another; after COUNT of them
// without an answer the connection is lost.
struct Keepalive {
    int idle_s;
    int interval_s;
    int count;
};

[[nodiscard]] Result<void> set_keepalive(int fd, Keepalive keepalive, const std::string& object);

}  // namespace nbdroot::sys
