#include "lib/sys/unix_listener.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "lib/sys/error.h"

namespace nbdroot::sys {
namespace {

constexpr int kBacklog = 8;

}  // namespace

Result<Fd> listen_unix(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return fail_errno("bind", path, ENAMETOOLONG);
    std::memcpy(address.sun_path, path.data(), path.size());
    Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return fail_errno("socket", path);
    ::unlink(path.c_str());
    const mode_t mask = ::umask(0177);
    const int bound = bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    const int code = errno;
    ::umask(mask);
    if (bound < 0) return fail_errno("bind", path, code);
    if (listen(fd.get(), kBacklog) < 0) return fail_errno("listen", path);
    return fd;
}

Result<std::optional<Fd>> accept_unix(int fd) {
    Fd client(accept4(fd, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (client) return client;
    if (errno == EAGAIN || errno == ECONNABORTED || errno == EINTR) return std::nullopt;
    return fail_errno("accept", "");
}

}  // namespace nbdroot::sys
