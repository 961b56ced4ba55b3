// An IPv4 or IPv6 address with its port, as the socket calls want it.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>

#include "lib/base/bytes.h"
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

// ADDRESS in network byte order: 4 bytes of IPv4 or 16 of IPv6; anything else asserts.
[[nodiscard]] SocketAddress make_socket_address(ByteView address, std::uint16_t port);
[[nodiscard]] SocketAddress make_socket_address(std::uint32_t ipv4, std::uint16_t port);

// "10.0.0.1" or "fd00::1": without the port, and without the scope of a link-local address.
[[nodiscard]] std::string format_host(const SocketAddress& address);
// The same with all digits of an IPv6 address: what parses it again, and costs no printf.
[[nodiscard]] std::string spell_host(const SocketAddress& address);

// HOST is a literal: "10.0.0.1", "fd00::1", "fe80::1%eth0". Names are an Error: nothing here asks
// a name server.
[[nodiscard]] Result<SocketAddress> parse_socket_address(const std::string& host,
                                                         std::uint16_t port);

}  // namespace nbdroot::sys
