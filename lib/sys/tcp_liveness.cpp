#include "lib/sys/tcp_liveness.h"

#include <linux/tcp.h>  // newer than the C library's: tcpi_notsent_bytes
#include <netinet/in.h>
#include <sys/socket.h>

#include "lib/sys/error.h"

namespace nbdroot::sys {
namespace {

// include/net/tcp_states.h
constexpr std::uint8_t kStateClose = 7;
constexpr std::uint8_t kStateCloseWait = 8;
constexpr std::uint8_t kStateLastAck = 9;
constexpr std::uint8_t kStateClosing = 11;

bool set_option(int fd, int level, int name, int value) {
    return ::setsockopt(fd, level, name, &value, sizeof value) == 0;
}

}  // namespace

Result<TcpInfo> tcp_info(int fd, const std::string& object) {
    struct tcp_info raw {};
    socklen_t size = sizeof raw;
    if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &raw, &size) != 0) {
        return fail_errno("ask for TCP_INFO of", object);
    }
    const std::uint8_t state = raw.tcpi_state;
    return TcpInfo{
        .closed = state == kStateClose,
        .peer_ended = state == kStateCloseWait || state == kStateLastAck || state == kStateClosing,
        .unacked_segments = raw.tcpi_unacked,
        .unsent_bytes = raw.tcpi_notsent_bytes,
        .unanswered_probes = raw.tcpi_probes,
        .since_sent = Duration(raw.tcpi_last_data_sent),
        .since_data = Duration(raw.tcpi_last_data_recv),
        .since_ack = Duration(raw.tcpi_last_ack_recv),
        .round_trip_us = raw.tcpi_rtt};
}

Result<void> set_keepalive(int fd, Keepalive keepalive, const std::string& object) {
    const bool done = set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1) &&
                      set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, keepalive.idle_s) &&
                      set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, keepalive.interval_s) &&
                      set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, keepalive.count);
    if (!done) return fail_errno("set keepalive of", object);
    return {};
}

}  // namespace nbdroot::sys
