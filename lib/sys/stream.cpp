#include "lib/sys/stream.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/sys/error.h"

namespace nbdroot::sys {
namespace {

Result<Moved> moved(ssize_t count, const char* operation, const std::string& object) {
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return std::nullopt;
    return fail_errno(operation, object);
}

}  // namespace

Result<Moved> receive_some(int fd, ByteSpan into, const std::string& object) {
    return moved(recv(fd, into.data(), into.size(), MSG_DONTWAIT), "receive", object);
}

Result<Moved> send_some(int fd, ByteView from, const std::string& object) {
    return moved(send(fd, from.data(), from.size(), MSG_DONTWAIT | MSG_NOSIGNAL), "send", object);
}

Result<void> shut_down_sending(int fd, const std::string& object) {
    if (shutdown(fd, SHUT_WR) < 0) return fail_errno("shut down", object);
    return {};
}

bool is_hung_up(int fd) {
    pollfd entry{.fd = fd, .events = 0, .revents = 0};
    return ::poll(&entry, 1, 0) > 0;
}

void shut_down(int fd) { ::shutdown(fd, SHUT_RDWR); }

bool wait_for_byte(int fd, Duration limit) {
    pollfd waited{.fd = fd, .events = POLLIN, .revents = 0};
    char byte;
    return ::poll(&waited, 1, static_cast<int>(limit.count())) == 1 && ::read(fd, &byte, 1) == 1;
}

Result<StreamPair> make_stream_pair() {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
        return fail_errno("socketpair", "");
    }
    return StreamPair{.first = Fd(pair[0]), .second = Fd(pair[1])};
}

}  // namespace nbdroot::sys
