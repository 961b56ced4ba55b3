#include "lib/sys/unix_client.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <array>
#include <cstring>

#include "lib/base/text.h"
#include "lib/sys/error.h"
#include "lib/sys/fd.h"

namespace nbdroot::sys {
namespace {

Result<Fd> connect_unix(const std::string& path, Duration limit) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return fail_errno("connect", path, ENAMETOOLONG);
    std::memcpy(address.sun_path, path.data(), path.size());
    Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd) return fail_errno("socket", path);
    timeval time{};
    time.tv_sec = limit.count() / 1000;
    time.tv_usec = static_cast<suseconds_t>(limit.count() % 1000 * 1000);
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
    ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return fail_errno("connect", path);
    }
    return fd;
}

Result<std::string> receive_all(int fd, const std::string& path, Duration limit,
                                std::size_t maximum) {
    std::string answer;
    std::array<char, 4096> buffer{};
    for (;;) {
        const ssize_t count = ::recv(fd, buffer.data(), buffer.size(), 0);
        if (count == 0) return answer;
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            return fail("receive", path, cat("no answer within ", limit.count(), " ms"), EAGAIN);
        }
        if (count < 0) return fail_errno("receive", path);
        answer.append(buffer.data(), static_cast<std::size_t>(count));
        if (answer.size() > maximum) return fail("receive", path, "the answer has no end");
    }
}

}  // namespace

bool is_unix_alive(const std::string& path) {
    const auto connected = connect_unix(path, Duration(1));
    if (connected) return true;
    return connected.error().code == EAGAIN || connected.error().code == EACCES;  // it is busy
}

Result<std::string> ask_unix(const std::string& path, std::string_view text, Duration limit,
                             std::size_t maximum) {
    const Fd fd = NBDROOT_TRY(connect_unix(path, limit));
    while (!text.empty()) {
        const ssize_t count = ::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail_errno("send", path);
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    return receive_all(fd.get(), path, limit, maximum);
}

}  // namespace nbdroot::sys
