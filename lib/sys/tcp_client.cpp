#include "lib/sys/tcp_client.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "lib/base/ipv4.h"
#include "lib/base/text.h"
#include "lib/sys/error.h"

namespace nbdroot::sys {
namespace {

constexpr int kKeepAliveIdleSeconds = 3;
constexpr int kKeepAliveIntervalSeconds = 3;
constexpr int kKeepAliveProbes = 3;

template <class T>
Result<void> set_option(int fd, int level, int option, const T& value, const std::string& object) {
    if (setsockopt(fd, level, option, &value, sizeof value) < 0) {
        return fail_errno("set socket option", object);
    }
    return {};
}

Result<void> bind_interface(int fd, const std::string& name, const std::string& object) {
    if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name.c_str(),
                   static_cast<socklen_t>(name.size() + 1)) < 0) {
        return fail_errno("bind to interface", cat(name, " for ", object));
    }
    return {};
}

Result<void> bind_source(int fd, std::uint32_t source, const std::string& object) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(source);
    // connect(2) chooses the port: with all four of them known, it finds more free ones.
    NBDROOT_CHECK(set_option(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1, object));
    if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
        return fail_errno("bind to address", cat(base::format_ipv4(source), " for ", object));
    }
    return {};
}

}  // namespace

Result<Fd> start_connect(const SocketAddress& address, const std::string& object,
                         const Path& path) {
    Fd fd(socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return fail_errno("socket", object);
    if (!path.interface_name.empty()) {
        NBDROOT_CHECK(bind_interface(fd.get(), path.interface_name, object));
    }
    if (path.source != 0 && address.family() == AF_INET) {
        NBDROOT_CHECK(bind_source(fd.get(), path.source, object));
    }
    if (connect(fd.get(), address.get(), address.length) < 0 && errno != EINPROGRESS) {
        return fail_errno("connect", object);
    }
    return fd;
}

Result<void> connect_outcome(int fd, const std::string& object) {
    int code = 0;
    socklen_t length = sizeof code;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &length) < 0) {
        return fail_errno("connect", object);
    }
    if (code != 0) return fail_errno("connect", object, code);
    return {};
}

Result<void> release_interface(int fd, const std::string& object) {
    return bind_interface(fd, "", object);
}

Result<void> set_nbd_socket_options(int fd, const std::string& object) {
    NBDROOT_CHECK(set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1, object));
    NBDROOT_CHECK(set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1, object));
    NBDROOT_CHECK(set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, kKeepAliveIdleSeconds, object));
    NBDROOT_CHECK(set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, kKeepAliveIntervalSeconds, object));
    return set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, kKeepAliveProbes, object);
}

Result<void> make_blocking_for_kernel(int fd, const std::string& object) {
    const timeval never{};
    NBDROOT_CHECK(set_option(fd, SOL_SOCKET, SO_RCVTIMEO, never, object));
    NBDROOT_CHECK(set_option(fd, SOL_SOCKET, SO_SNDTIMEO, never, object));
    const int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0) {
        return fail_errno("make socket blocking", object);
    }
    return {};
}

}  // namespace nbdroot::sys
