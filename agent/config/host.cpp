#include "agent/config/host.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "agent/config/refuse.h"
#include "lib/base/ipv4.h"
#include "lib/base/text.h"

namespace nbdroot::agent::config {
namespace {

constexpr std::size_t kNameBytes = 253;          // RFC 1035, as text without the last dot
constexpr std::size_t kLabelBytes = 63;          // RFC 1035
constexpr std::size_t kInterfaceNameBytes = 15;  // IFNAMSIZ - 1
constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kNameCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";

bool consists_of(std::string_view text, std::string_view characters) {
    return text.find_first_not_of(characters) == std::string_view::npos;
}

bool is_ipv6(std::string_view text) {
    if (!consists_of(text, "0123456789abcdefABCDEF:.")) return false;
    std::array<unsigned char, 16> address;
    return inet_pton(AF_INET6, std::string(text).c_str(), address.data()) == 1;
}

// "fe80::1%eth0"; RFC 6874 writes the '%' of a URI as %25, which is taken everywhere.
Result<std::string> parse_ipv6_host(std::string_view text) {
    const std::size_t percent = text.find('%');
    const std::string_view address = text.substr(0, percent);
    if (!is_ipv6(address)) return refuse(cat(quoted(address), " is not an IPv6 address"));
    if (percent == std::string_view::npos) return std::string(address);
    std::string_view scope = text.substr(percent + 1);
    if (scope.size() > 2 && scope.starts_with("25")) scope.remove_prefix(2);
    // What else an interface's name may hold would end the host in a URI (RFC 6874: unreserved).
    if (!is_interface_name(scope) || !consists_of(scope, kNameCharacters)) {
        return refuse(
            cat("behind '%' of ", quoted(text), " belongs an interface, as in fe80::1%eth0"));
    }
    return cat(address, '%', scope);
}

Result<std::string> parse_name(std::string_view text) {
    if (!consists_of(text, kNameCharacters)) {
        const std::size_t at = text.find_first_not_of(kNameCharacters);
        return refuse(cat("host ", quoted(text), " holds ", quoted(text.substr(at, 1)),
                          ": a host name has letters, digits, '-', '.' and '_'"));
    }
    if (consists_of(text, "0123456789.")) {
        if (base::parse_ipv4(text)) return std::string(text);
        return refuse(cat(quoted(text), " is not an IPv4 address: four numbers from 0 to 255"));
    }
    std::string_view labels = text;
    if (labels.ends_with('.')) labels.remove_suffix(1);
    bool good = labels.size() <= kNameBytes && !labels.starts_with('-');
    for (const std::string_view label : base::split(labels, '.')) {
        good = good && !label.empty() && label.size() <= kLabelBytes;
    }
    if (good) return std::string(text);
    return refuse(cat("host ", quoted(text), " is no host name: labels of 1 to ", kLabelBytes,
                      " characters between dots, at most ", kNameBytes,
                      " in all, no '-' in front"));
}

}  // namespace

Result<HostAndRest> take_host(std::string_view text) {
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) return refuse("'[' has no ']'");
        const std::string_view rest = text.substr(end + 1);
        if (!rest.empty() && rest[0] != ':' && rest[0] != '/') {
            return refuse(cat("behind ']' comes :PORT or /EXPORT, not ", quoted(rest)));
        }
        std::string host = NBDROOT_TRY(parse_ipv6_host(text.substr(1, end - 1)));
        return HostAndRest{std::move(host), rest};
    }
    const std::string_view authority = text.substr(0, text.find('/'));
    if (is_ipv6(authority.substr(0, authority.find('%')))) {
        return refuse(
            cat("an IPv6 address stands in brackets: [", base::printable(authority), ']'));
    }
    const std::string_view name = authority.substr(0, authority.find(':'));
    if (name.empty()) return refuse("the host is missing: HOST[:PORT][/EXPORT]");
    std::string host = NBDROOT_TRY(parse_name(name));
    return HostAndRest{std::move(host), text.substr(name.size())};
}

Result<std::uint16_t> parse_port(std::string_view text) {
    const auto port = base::parse_decimal(text, 65535);
    if (port && *port > 0) return static_cast<std::uint16_t>(*port);
    if (!text.empty() && !consists_of(text, kDigits)) {
        return refuse(cat("port ", quoted(text),
                          " is not a number from 1 to 65535 (an export is written /EXPORT)"));
    }
    return refuse(cat("port ", quoted(text), " is not a number from 1 to 65535"));
}

bool is_interface_name(std::string_view text) {
    if (text.empty() || text.size() > kInterfaceNameBytes || text == "." || text == "..") {
        return false;
    }
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return c > ' ' && c < 0x7f && c != '/' && c != ':'; });
}

}  // namespace nbdroot::agent::config
