#include "server/config/endpoint.h"

#include "lib/base/text.h"
#include "lib/sys/socket_address.h"

namespace nbdroot::server::config {
namespace {

constexpr const char* kAddressRule =
    "not an IPv4 or IPv6 address in numbers; names are not looked up";

}  // namespace

Result<std::uint16_t> parse_port(std::string_view text) {
    const auto number = base::parse_decimal(text, UINT16_MAX);
    if (!number) {
        return fail("port", cat("'", base::printable(text), "'"), "not a number from 0 to 65535");
    }
    return static_cast<std::uint16_t>(*number);
}

Result<std::string> parse_address(std::string_view text) {
    std::string ip(text);
    if (!sys::parse_socket_address(ip, 0)) {
        return fail("address", cat("'", base::printable(text), "'"), kAddressRule);
    }
    return ip;
}

Result<Endpoint> parse_endpoint(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos)
        return Endpoint{.ip = "", .port = NBDROOT_TRY(parse_port(text))};
    std::string_view ip = text.substr(0, colon);
    const bool bracketed = ip.size() > 2 && ip.front() == '[' && ip.back() == ']';
    if (bracketed) ip = ip.substr(1, ip.size() - 2);
    if (!bracketed && ip.find(':') != std::string_view::npos) {
        return fail("address", cat("'", base::printable(text), "'"),
                    "an IPv6 address is written in brackets: [ADDRESS]:PORT");
    }
    Endpoint endpoint;
    endpoint.port = NBDROOT_TRY(parse_port(text.substr(colon + 1)));
    endpoint.ip = NBDROOT_TRY(parse_address(ip));
    return endpoint;
}

}  // namespace nbdroot::server::config
