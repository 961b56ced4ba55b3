#include "lib/sys/service_manager.h"

#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "lib/base/text.h"
#include "lib/sys/clock.h"
#include "lib/sys/fd.h"

namespace nbdroot::sys {

namespace {

constexpr std::string_view kNameOf = "FDNAME=";

// One datagram to $NOTIFY_SOCKET, with FD unless it is -1. False: nobody asked for any.
bool notify(std::string_view lines, int fd) {
    const char* const path = std::getenv("NOTIFY_SOCKET");
    sockaddr_un address{};
    if (path == nullptr || (path[0] != '/' && path[0] != '@')) return false;
    const std::size_t length = std::strlen(path);
    if (length >= sizeof address.sun_path) return false;
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path, length);
    if (path[0] == '@') address.sun_path[0] = '\0';  // abstract
    const Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    iovec text{.iov_base = const_cast<char*>(lines.data()), .iov_len = lines.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof fd)> rights{};
    msghdr message{};
    message.msg_name = &address;
    message.msg_namelen = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
    message.msg_iov = &text;
    message.msg_iovlen = 1;
    if (fd >= 0) {
        message.msg_control = rights.data();
        message.msg_controllen = rights.size();
        cmsghdr* const header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof fd);
        std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
    }
    return ::sendmsg(socket.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
}

}  // namespace

void tell_service_manager(std::string_view lines) { (void)notify(lines, -1); }

void tell_reloading() {
    const auto now_us =
        std::chrono::duration_cast<std::chrono::microseconds>(now().time_since_epoch()).count();
    tell_service_manager(cat("RELOADING=1\nMONOTONIC_USEC=", now_us));
}

bool store_descriptor(int fd, std::string_view name) {
    return notify(cat("FDSTORE=1\n", kNameOf, name), fd);
}

void forget_stored(std::string_view name) {
    (void)notify(cat("FDSTOREREMOVE=1\n", kNameOf, name), -1);
}

}  // namespace nbdroot::sys
