#include "lib/sys/listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

#include "lib/base/text.h"
#include "lib/sys/error.h"
#include "lib/sys/file.h"
#include "lib/sys/gathered_stream.h"
#include "lib/sys/socket_address.h"

namespace nbdroot::sys {
namespace {

sockaddr* writable(SocketAddress& address) { return reinterpret_cast<sockaddr*>(&address.storage); }

std::string to_text(const SocketAddress& address) {
    if (address.family() == AF_UNIX) {
        sockaddr_un local{};
        std::memcpy(&local, &address.storage, sizeof local);
        return cat("unix:",
                   std::string(local.sun_path, ::strnlen(local.sun_path, sizeof local.sun_path)));
    }
    char text[INET6_ADDRSTRLEN] = "?";
    if (address.storage.ss_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &address.storage, sizeof v4);
        ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
        return cat(std::string_view(text), ':', ntohs(v4.sin_port));
    }
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address.storage, sizeof v6);
    const std::uint16_t port = ntohs(v6.sin6_port);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
        ::inet_ntop(AF_INET, v6.sin6_addr.s6_addr + 12, text, sizeof text);
        return cat(std::string_view(text), ':', port);
    }
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    return cat('[', std::string_view(text), "]:", port);
}

std::optional<std::array<std::uint8_t, 16>> address_of(const SocketAddress& peer) {
    std::array<std::uint8_t, 16> address{};
    if (peer.family() == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &peer.storage, sizeof v4);
        address[10] = address[11] = 0xff;
        std::memcpy(&address[12], &v4.sin_addr, sizeof v4.sin_addr);
        return address;
    }
    if (peer.family() != AF_INET6) return std::nullopt;
    sockaddr_in6 v6{};
    std::memcpy(&v6, &peer.storage, sizeof v6);
    std::memcpy(address.data(), &v6.sin6_addr, address.size());
    return address;
}

// Clients of a unix socket have no names of their own.
std::string process_of(int fd) {
    ucred who{};
    socklen_t size = sizeof who;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) return "unix:?";
    return cat("unix:", who.pid);
}

Result<Accepted> describe(Fd fd, const SocketAddress& peer) {
    if (peer.family() == AF_UNIX) {
        std::string who = process_of(fd.get());
        return Accepted{.fd = std::move(fd), .peer = std::move(who), .address = {}};
    }
    NBDROOT_CHECK(tune_server_stream(fd.get()));
    return Accepted{.fd = std::move(fd), .peer = to_text(peer), .address = address_of(peer)};
}

bool set_flag(int fd, int level, int name, int value) {
    return ::setsockopt(fd, level, name, &value, sizeof value) == 0;
}

Result<Fd> listen_on(const SocketAddress& address, bool both_families) {
    const std::string where = to_text(address);
    Fd fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) return fail_errno("listen", where);
    // A server restarted while old connections linger in TIME_WAIT gets its port back.
    if (!set_flag(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1)) return fail_errno("listen", where);
    if (address.storage.ss_family == AF_INET6 &&
        !set_flag(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, both_families ? 0 : 1)) {
        return fail_errno("listen", where);
    }
    if (::bind(fd.get(), address.get(), address.length) != 0) return fail_errno("listen", where);
    // The kernel cuts the backlog down to net.core.somaxconn.
    if (::listen(fd.get(), SOMAXCONN) != 0) return fail_errno("listen", where);
    return fd;
}

bool get_address(int fd, SocketAddress& address) {
    address.length = sizeof address.storage;
    return ::getsockname(fd, writable(address), &address.length) == 0;
}

bool takes_both_families(int fd) {
    int only_v6 = 1;
    socklen_t size = sizeof only_v6;
    return ::getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only_v6, &size) == 0 && only_v6 == 0;
}

std::uint16_t port_of(const SocketAddress& address) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address.storage, sizeof v4);  // where sockaddr_in6 has it, too
    return ntohs(v4.sin_port);
}

// accept(2), "Error handling": these belong to the client that was accepted, not to us.
bool belongs_to_client(int code) {
    switch (code) {
        case ECONNABORTED:
        case EPROTO:
        case ENETDOWN:
        case ENOPROTOOPT:
        case EHOSTDOWN:
        case ENONET:
        case EHOSTUNREACH:
        case EOPNOTSUPP:
        case ENETUNREACH:
        case EPERM:
        case EINTR:
            return true;
        default:
            return false;
    }
}

}  // namespace

Result<Fd> listen_tcp(const std::string& ip, std::uint16_t port) {
    if (ip.empty()) {
        auto both = listen_on(NBDROOT_TRY(parse_socket_address("::", port)), true);
        // A kernel without IPv6.
        if (!both && (both.error().code == EAFNOSUPPORT || both.error().code == EADDRNOTAVAIL)) {
            return listen_on(NBDROOT_TRY(parse_socket_address("0.0.0.0", port)), false);
        }
        return both;
    }
    return listen_on(NBDROOT_TRY(parse_socket_address(ip, port)), false);
}

Result<std::string> local_endpoint(int fd) {
    SocketAddress address;
    if (!get_address(fd, address)) return fail_errno("getsockname", "");
    return to_text(address);
}

std::optional<std::uint16_t> local_port(int fd) {
    SocketAddress address;
    if (!get_address(fd, address) || address.family() == AF_UNIX) return std::nullopt;
    return port_of(address);
}

bool is_listener_of(int fd, const std::string& ip, std::uint16_t port) {
    SocketAddress address;
    if (!get_address(fd, address) || address.family() == AF_UNIX) return false;
    const std::uint16_t wanted_port = port == 0 ? port_of(address) : port;
    const auto is_at = [&](const std::string& wanted_ip) {
        const auto wanted = parse_socket_address(wanted_ip, wanted_port);
        return wanted && wanted->family() == address.family() &&
               to_text(*wanted) == to_text(address);
    };
    const bool takes_both = address.family() == AF_INET6 && takes_both_families(fd);
    if (!ip.empty()) return !takes_both && is_at(ip);
    return takes_both ? is_at("::") : is_at("0.0.0.0");
}

bool is_listener_of(int fd, const std::string& path) {
    SocketAddress address;
    return get_address(fd, address) && address.family() == AF_UNIX &&
           to_text(address) == cat("unix:", path) && is_socket(path);
}

Result<Accepted> describe_client(Fd fd) {
    SocketAddress peer;
    peer.length = sizeof peer.storage;
    if (::getpeername(fd.get(), writable(peer), &peer.length) != 0) {
        return fail_errno("serve", "client");
    }
    return describe(std::move(fd), peer);
}

Result<std::optional<Accepted>> accept_client(int fd) {
    for (;;) {
        SocketAddress peer;
        peer.length = sizeof peer.storage;
        Fd client(::accept4(fd, writable(peer), &peer.length, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (client) {
            auto accepted = describe(std::move(client), peer);
            // Refused only where the connection is gone already.
            if (!accepted) continue;
            return std::move(*accepted);
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) return std::nullopt;
        if (!belongs_to_client(errno)) return fail_errno("accept", "");
    }
}

}  // namespace nbdroot::sys
