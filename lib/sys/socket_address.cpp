#include "lib/sys/socket_address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>

#include <cstring>

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

}  // namespace

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
