// An IPv4 or IPv6 address with its port, as the socket calls want it.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>

#include "lib/base/result.h"

namespace nbdroot::sys {

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t length = 0;

    [[nodiscard]] int family() const { return storage.ss_family; }
    [[nodiscard]] const sockaddr* get() const {
        return reinterpret_cast<const sockaddr*>(&storage);
    }
};

// HOST is a literal: "10.0.0.1", "fd00::1", "fe80::1%eth0". Names are an Error: nothing here asks
// a name server.
[[nodiscard]] Result<SocketAddress> parse_socket_address(const std::string& host,
                                                         std::uint16_t port);

}  // namespace nbdroot::sys
