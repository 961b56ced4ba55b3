#include "lib/sys/udp_socket.h"

#include <sys/socket.h>

#include <cerrno>

#include "lib/sys/error.h"

namespace nbdroot::sys {
namespace {

bool bind_to_interface(int fd, const UdpSocketOptions& options) {
    const int index = options.interface_index;
    if (index != 0) {
        return ::setsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &index, sizeof index) == 0;
    }
    const std::string& name = options.interface_name;
    if (name.empty()) return true;
    const auto length = static_cast<socklen_t>(name.size());
    return ::setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name.c_str(), length) == 0;
}

// Another program of this machine may have the port too (a DHCP client on 68).
bool bind_to_address(int fd, const SocketAddress& address) {
    const int on = 1;
    return ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
           ::bind(fd, address.get(), address.length) == 0;
}

}  // namespace

// Without a bind the kernel chooses a random port when the socket is connected
// (net/ipv4/udp.c, udp_lib_get_port).
Result<UdpSocket> UdpSocket::open(UdpSocketOptions options) {
    Fd fd(::socket(options.peer.family(), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return fail_errno("open UDP socket to", options.object);
    if (!bind_to_interface(fd.get(), options)) {
        return fail_errno("bind UDP socket to", options.interface_name);
    }
    if (options.local && !bind_to_address(fd.get(), *options.local)) {
        return fail_errno("bind UDP socket for", options.object);
    }
    if (::connect(fd.get(), options.peer.get(), options.peer.length) != 0) {
        return fail_errno("send to", options.object);
    }
    return UdpSocket(std::move(fd), std::move(options.object));
}

// An ICMP error that came back meanwhile would be returned by send(), which sends nothing then.
Result<void> UdpSocket::send(ByteView datagram) {
    int earlier_error = 0;
    socklen_t length = sizeof earlier_error;
    if (::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &earlier_error, &length) != 0) {
        return fail_errno("send to", object_);
    }
    for (;;) {
        if (::send(fd_.get(), datagram.data(), datagram.size(), MSG_NOSIGNAL) >= 0) return {};
        if (errno != EINTR) return fail_errno("send to", object_);
    }
}

Result<std::optional<Bytes>> UdpSocket::receive(std::size_t limit_bytes) {
    Bytes datagram(limit_bytes);
    for (;;) {
        const ssize_t size = ::recv(fd_.get(), datagram.data(), datagram.size(), 0);
        if (size >= 0) {
            datagram.resize(static_cast<std::size_t>(size));
            return datagram;
        }
        if (errno == EAGAIN) return std::nullopt;
        if (errno != EINTR) return fail_errno("receive from", object_);
    }
}

}  // namespace nbdroot::sys
