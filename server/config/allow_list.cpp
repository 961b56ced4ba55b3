#include "server/config/allow_list.h"

#include <netinet/in.h>

#include <algorithm>
#include <cstring>

#include "lib/base/text.h"
#include "lib/sys/socket_address.h"

namespace nbdroot::server::config {
namespace {

constexpr unsigned kMappedBits = 96;  // of ::ffff:0:0/96
constexpr unsigned kAddressBits = 128;

bool is_ipv4(std::string_view text) { return text.find(':') == std::string_view::npos; }

HostAddress masked(HostAddress address, unsigned prefix_bits) {
    for (unsigned i = 0; i < address.size(); ++i) {
        const unsigned kept = prefix_bits > i * 8 ? std::min(prefix_bits - i * 8, 8U) : 0;
        address[i] = static_cast<std::uint8_t>(address[i] & (0xff00U >> kept));
    }
    return address;
}

}  // namespace

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

bool AddressRange::has(const HostAddress& address) const {
    return masked(address, prefix_bits) == first;
}

Result<AddressRange> parse_address_range(std::string_view text) {
    const std::size_t slash = text.find('/');
    const std::string_view host = text.substr(0, slash);
    const unsigned before = is_ipv4(host) ? kMappedBits : 0;
    AddressRange range{.first = NBDROOT_TRY(parse_host_address(host)), .prefix_bits = kAddressBits};
    if (slash == std::string_view::npos) return range;
    const auto bits = base::parse_decimal(text.substr(slash + 1), kAddressBits - before);
    if (!bits) {
        return fail(
            "network", cat("'", base::printable(text), "'"),
            cat("after the slash a number from 0 to ", kAddressBits - before, " is needed"));
    }
    range.prefix_bits = static_cast<unsigned>(*bits) + before;
    if (masked(range.first, range.prefix_bits) == range.first) return range;
    return fail("network", cat("'", base::printable(text), "'"),
                cat("the address has bits after the prefix; meant is either ", host,
                    " alone or the network's first address"));
}

bool AllowList::admits(const HostAddress& address) const {
    return std::any_of(ranges.begin(), ranges.end(),
                       [&](const AddressRange& range) { return range.has(address); });
}

}  // namespace nbdroot::server::config
