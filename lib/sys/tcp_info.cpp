#include "lib/sys/tcp_info.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>

#include "lib/sys/error.h"

namespace nbdroot::sys {

Result<TcpInfo> tcp_info(int fd, const std::string& object) {
    ::tcp_info info{};
    socklen_t length = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) < 0) {
        return fail_errno("TCP_INFO", object);
    }
    return TcpInfo{.unacknowledged_segments = info.tcpi_unacked,
                   .unanswered_probes = info.tcpi_probes,
                   .quiet = Duration{std::min(info.tcpi_last_data_recv, info.tcpi_last_ack_recv)}};
}

void shut_down(int fd) { ::shutdown(fd, SHUT_RDWR); }

}  // namespace nbdroot::sys
