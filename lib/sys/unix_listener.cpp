#include "lib/sys/unix_listener.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "lib/sys/error.h"

namespace nbdroot::sys {

Result<Fd> listen_unix(const std::string& path, const UnixService& service) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return fail_errno("bind", path, ENAMETOOLONG);
    std::memcpy(address.sun_path, path.data(), path.size());
    Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return fail_errno("socket", path);
    ::unlink(path.c_str());
    const mode_t mask = ::umask(~service.mode & 0777);
    const int bound = bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    const int code = errno;
    ::umask(mask);
    if (bound < 0) return fail_errno("bind", path, code);
    if (listen(fd.get(), service.backlog) < 0) return fail_errno("listen", path);
    return fd;
}

bool is_other_file(const std::string& path) {
    struct stat found {};
    return ::lstat(path.c_str(), &found) == 0 && !S_ISSOCK(found.st_mode);
}

std::optional<FileNumber> file_number(const std::string& path) {
    struct stat found {};
    if (::lstat(path.c_str(), &found) != 0) return std::nullopt;
    return FileNumber{found.st_dev, found.st_ino};
}

Result<void> give_file(const std::string& path, uid_t user, gid_t group) {
    if (::lchown(path.c_str(), user, group) != 0) return fail_errno("chown", path);
    return {};
}

Result<std::optional<Fd>> accept_unix(int fd) {
    Fd client(accept4(fd, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (client) return client;
    if (errno == EAGAIN || errno == ECONNABORTED || errno == EINTR) return std::nullopt;
    return fail_errno("accept", "");
}

}  // namespace nbdroot::sys
