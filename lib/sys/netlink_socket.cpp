#include "lib/sys/netlink_socket.h"

#include <poll.h>
#include <sys/socket.h>
// After the C library's headers.
#include <linux/netlink.h>

#include "lib/sys/error.h"

namespace nbdroot::sys {
namespace {

constexpr auto kObject = "netlink";

Failure fail_netlink(const char* operation) { return fail_errno(operation, kObject); }

// The kernel's port is 0; any process may send to us as well.
bool is_from_kernel(const sockaddr_nl& from) { return from.nl_pid == 0; }

}  // namespace

Result<NetlinkSocket> NetlinkSocket::open(int protocol, std::uint32_t legacy_groups) {
    Fd fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
    if (!fd) return fail_netlink("socket");
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = legacy_groups;
    if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
        return fail_netlink("bind");
    }
    // Only words and brevity are lost where these fail (before Linux 4.12).
    const int on = 1;
    (void)setsockopt(fd.get(), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
    (void)setsockopt(fd.get(), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
    return NetlinkSocket(std::move(fd));
}

Result<void> NetlinkSocket::join(std::uint32_t group_id) {
    if (setsockopt(fd_.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group_id, sizeof group_id) <
        0) {
        return fail_netlink("join group of");
    }
    return {};
}

Result<void> NetlinkSocket::send(ByteView datagram) {
    sockaddr_nl kernel{};
    kernel.nl_family = AF_NETLINK;
    for (;;) {
        if (sendto(fd_.get(), datagram.data(), datagram.size(), 0,
                   reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel) >= 0) {
            return {};
        }
        if (errno != EINTR) return fail_netlink("send to");
    }
}

Result<std::optional<Bytes>> NetlinkSocket::receive() {
    for (;;) {
        // MSG_TRUNC: the true size of the datagram, whatever is asked for.
        const ssize_t size = recv(fd_.get(), nullptr, 0, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);
        if (size < 0) {
            if (errno == EAGAIN || errno == EWOULDBLOCK) return std::nullopt;
            if (errno == EINTR) continue;
            return fail_netlink("receive from");
        }
        Bytes datagram(static_cast<std::size_t>(size));
        sockaddr_nl from{};
        socklen_t length = sizeof from;
        const ssize_t taken = recvfrom(fd_.get(), datagram.data(), datagram.size(), MSG_DONTWAIT,
                                       reinterpret_cast<sockaddr*>(&from), &length);
        if (taken < 0) {
            if (errno == EINTR) continue;
            return fail_netlink("receive from");
        }
        if (!is_from_kernel(from)) continue;
        datagram.resize(static_cast<std::size_t>(taken));
        return datagram;
    }
}

Result<bool> NetlinkSocket::wait(Duration limit) {
    pollfd wanted{.fd = fd_.get(), .events = POLLIN, .revents = 0};
    for (;;) {
        const int count = poll(&wanted, 1, static_cast<int>(limit.count()));
        if (count >= 0) return count > 0;
        if (errno != EINTR) return fail_netlink("wait for");
    }
}

}  // namespace nbdroot::sys
