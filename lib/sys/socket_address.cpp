#include "lib/sys/socket_address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>

#include <array>
#include <cstddef>
#include <cstring>

#include "lib/base/assert.h"
#include "lib/base/endian.h"
#include "lib/base/ipv4.h"
#include "lib/base/text.h"

namespace nbdroot::sys {
namespace {

constexpr auto kOperation = "address";

template <class Address>
SocketAddress wrap(const Address& address) {
    SocketAddress result;
    std::memcpy(&result.storage, &address, sizeof address);
    result.length = sizeof address;
    return result;
}

Result<std::uint32_t> scope_index(const std::string& host, const std::string& scope) {
    if (const auto number = base::parse_decimal(scope, UINT32_MAX)) {
        return static_cast<std::uint32_t>(*number);
    }
    const unsigned index = if_nametoindex(scope.c_str());
    if (index == 0) return fail(kOperation, host, cat("no interface '", scope, "'"));
    return index;
}

// They lie at another place in each family's structure.
ByteView host_bytes(const SocketAddress& address) {
    const ByteView all = std::as_bytes(std::span(&address.storage, 1));
    return address.family() == AF_INET
               ? all.subspan(offsetof(sockaddr_in, sin_addr), sizeof(in_addr))
               : all.subspan(offsetof(sockaddr_in6, sin6_addr), sizeof(in6_addr));
}

}  // namespace

SocketAddress make_socket_address(ByteView address, std::uint16_t port) {
    if (address.size() == sizeof(in_addr)) {
        sockaddr_in v4{};
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        std::memcpy(&v4.sin_addr, address.data(), sizeof v4.sin_addr);
        return wrap(v4);
    }
    NBDROOT_ASSERT(address.size() == sizeof(in6_addr));
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    std::memcpy(&v6.sin6_addr, address.data(), sizeof v6.sin6_addr);
    return wrap(v6);
}

SocketAddress make_socket_address(std::uint32_t ipv4, std::uint16_t port) {
    const be32 address(ipv4);
    return make_socket_address(std::as_bytes(std::span(&address, 1)), port);
}

std::string format_host(const SocketAddress& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    (void)inet_ntop(address.family(), host_bytes(address).data(), text.data(), text.size());
    return text.data();
}

std::string spell_host(const SocketAddress& address) {
    constexpr std::size_t kGroupDigits = 4;
    const ByteView bytes = host_bytes(address);
    if (address.family() == AF_INET) {
        be32 v4;
        std::memcpy(&v4, bytes.data(), sizeof v4);
        return base::format_ipv4(v4);
    }
    std::string text = base::hex(bytes);
    for (std::size_t i = text.size() - kGroupDigits; i > 0; i -= kGroupDigits) text.insert(i, ":");
    return text;
}

Result<SocketAddress> parse_socket_address(const std::string& host, std::uint16_t port) {
    sockaddr_in v4{};
    if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        return wrap(v4);
    }
    sockaddr_in6 v6{};
    const std::size_t percent = host.find('%');
    if (inet_pton(AF_INET6, host.substr(0, percent).c_str(), &v6.sin6_addr) == 1) {
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(port);
        if (percent != std::string::npos) {
            v6.sin6_scope_id = NBDROOT_TRY(scope_index(host, host.substr(percent + 1)));
        }
        return wrap(v6);
    }
    return fail(kOperation, host,
                "not an IPv4 or IPv6 address, and host names are not looked up; give the address");
}

}  // namespace nbdroot::sys
