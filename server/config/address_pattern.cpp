#include "server/config/address_pattern.h"

#include <algorithm>

#include "lib/base/text.h"

namespace nbdroot::server::config {
namespace {

using Style = AddressPattern::Style;

Result<unsigned> parse_length(std::string_view text) {
    while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
    const auto bits = base::parse_decimal(text, kAddressBits);
    if (bits) return static_cast<unsigned>(*bits);
    return fail("cidrhash", cat("'", base::printable(text), "'"),
                "the length of a network is needed, 0 to 128, as in: cidrhash 24");
}

HostAddress network_of(const HostAddress& address, unsigned prefix_bits) {
    const unsigned before = is_ipv4(address) ? kMappedBits : 0;
    return masked(address, std::min(prefix_bits + before, kAddressBits));
}

std::string replacement(const AddressPattern& pattern, const HostAddress& address) {
    std::string text = to_text(address);
    switch (pattern.style) {
        case Style::literal:
            break;
        case Style::hash:
            std::replace(text.begin(), text.end(), '.', '/');
            break;
        case Style::cidr_hash:
            return cat(to_text(network_of(address, pattern.prefix_bits)), '/', text);
    }
    return text;
}

}  // namespace

Result<std::optional<AddressPattern>> parse_address_pattern(std::string_view text) {
    constexpr std::string_view cidr_hash = "cidrhash";
    if (text == "none") return std::nullopt;
    if (text == "ipliteral") return AddressPattern{Style::literal};
    if (text == "iphash") return AddressPattern{Style::hash};
    if (text.starts_with(cidr_hash)) {
        return AddressPattern{Style::cidr_hash,
                              NBDROOT_TRY(parse_length(text.substr(cidr_hash.size())))};
    }
    return fail("virtstyle", cat("'", base::printable(text), "'"),
                "not none, ipliteral, iphash or cidrhash LENGTH");
}

Result<bool> check_pattern_path(std::string_view path) {
    bool any = false;
    for (std::size_t at = path.find('%'); at != std::string_view::npos;
         at = path.find('%', at + 2)) {
        const char kind = at + 1 < path.size() ? path[at + 1] : '\0';
        if (kind != 's' && kind != '%') {
            return fail("path", cat("'", base::printable(path), "'"),
                        "after a % an s for the client's address, or another %; "
                        "or virtstyle = none");
        }
        any = any || kind == 's';
    }
    return any;
}

std::string expand_path(std::string_view path, const AddressPattern& pattern,
                        const HostAddress& address) {
    std::string expanded;
    for (std::size_t i = 0; i < path.size(); ++i) {
        const bool special = path[i] == '%' && i + 1 < path.size();
        if (!special) {
            expanded += path[i];
            continue;
        }
        ++i;
        expanded += path[i] == 's' ? replacement(pattern, address) : std::string(1, path[i]);
    }
    return expanded;
}

}  // namespace nbdroot::server::config
