#include "lib/sys/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "lib/base/text.h"
#include "lib/sys/clock.h"
#include "lib/sys/fd.h"

namespace nbdroot::sys {

void tell_service_manager(std::string_view lines) {
    const char* const path = std::getenv("NOTIFY_SOCKET");
    sockaddr_un address{};
    if (path == nullptr || (path[0] != '/' && path[0] != '@')) return;
    const std::size_t length = std::strlen(path);
    if (length >= sizeof address.sun_path) return;
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path, length);
    if (path[0] == '@') address.sun_path[0] = '\0';  // abstract
    const Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
    (void)::sendto(socket.get(), lines.data(), lines.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                   reinterpret_cast<const sockaddr*>(&address), size);
}

void tell_reloading() {
    const auto now_us =
        std::chrono::duration_cast<std::chrono::microseconds>(now().time_since_epoch()).count();
    tell_service_manager(cat("RELOADING=1\nMONOTONIC_USEC=", now_us));
}

}  // namespace nbdroot::sys
