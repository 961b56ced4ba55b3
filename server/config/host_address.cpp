#include "server/config/host_address.h"

#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <span>

#include "lib/base/text.h"
#include "lib/sys/socket_address.h"

namespace nbdroot::server::config {

Result<HostAddress> parse_host_address(std::string_view text) {
    const std::string ip(text);
    const auto parsed = sys::parse_socket_address(ip, 0);
    if (!parsed || text.find('%') != std::string_view::npos) {
        return fail("address", cat("'", base::printable(text), "'"),
                    "not an IPv4 or IPv6 address in numbers");
    }
    HostAddress address{};
    if (parsed->family() == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, parsed->get(), sizeof v4);
        address[10] = address[11] = 0xff;
        std::memcpy(&address[12], &v4.sin_addr, sizeof v4.sin_addr);
    } else {
        sockaddr_in6 v6{};
        std::memcpy(&v6, parsed->get(), sizeof v6);
        std::memcpy(address.data(), &v6.sin6_addr, address.size());
    }
    return address;
}

std::string to_text(const HostAddress& address) {
    const auto bytes =
        std::as_bytes(std::span(address)).subspan(is_ipv4(address) ? kMappedBits / 8 : 0);
    return sys::format_host(sys::make_socket_address(bytes, 0));
}

bool is_ipv4(const HostAddress& address) {
    constexpr std::array<std::uint8_t, kMappedBits / 8> mapped{0, 0, 0, 0, 0,    0,
                                                               0, 0, 0, 0, 0xff, 0xff};
    return std::equal(mapped.begin(), mapped.end(), address.begin());
}

HostAddress masked(HostAddress address, unsigned prefix_bits) {
    for (unsigned i = 0; i < address.size(); ++i) {
        const unsigned kept = prefix_bits > i * 8 ? std::min(prefix_bits - i * 8, 8U) : 0;
        address[i] = static_cast<std::uint8_t>(address[i] & (0xff00U >> kept));
    }
    return address;
}

}  // namespace nbdroot::server::config
