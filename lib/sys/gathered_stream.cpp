#include "lib/sys/gathered_stream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "lib/sys/error.h"

namespace nbdroot::sys {
namespace {

msghdr message_of(std::span<const iovec> places) {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(places.data());  // the interface predates const
    message.msg_iovlen = static_cast<decltype(message.msg_iovlen)>(places.size());
    return message;
}

bool transient(int code) { return code == EAGAIN || code == EWOULDBLOCK || code == EINTR; }

}  // namespace

Result<Transfer> receive_scattered(int fd, std::span<const iovec> into) {
    msghdr message = message_of(into);
    const ssize_t got = ::recvmsg(fd, &message, MSG_DONTWAIT);
    if (got < 0) {
        if (transient(errno)) return Transfer{};
        return fail_errno("receive", "");
    }
    return Transfer{.bytes = static_cast<std::size_t>(got), .ended = got == 0};
}

Result<Transfer> send_gathered(int fd, std::span<const iovec> from) {
    msghdr message = message_of(from);
    const ssize_t put = ::sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (put < 0) {
        if (transient(errno)) return Transfer{};
        return fail_errno("send", "");
    }
    return Transfer{.bytes = static_cast<std::size_t>(put)};
}

Result<void> tune_server_stream(int fd) {
    const int on = 1;
    if (::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) {
        return fail_errno("set socket options", "");
    }
    return set_keepalive(fd, kServerKeepalive, "client");
}

}  // namespace nbdroot::sys
