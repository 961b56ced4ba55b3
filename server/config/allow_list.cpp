#include "server/config/allow_list.h"

#include <algorithm>

#include "lib/base/text.h"
#include "server/config/ini_value.h"

namespace nbdroot::server::config {
namespace {

// Bits after the prefix are still there.
Result<AddressRange> read_range(std::string_view text) {
    const std::size_t slash = text.find('/');
    const std::string_view host = text.substr(0, slash);
    const bool ipv6 = host.find(':') != std::string_view::npos;
    const unsigned before = ipv6 ? 0 : kMappedBits;
    AddressRange range{.first = NBDROOT_TRY(parse_host_address(host)), .prefix_bits = kAddressBits};
    if (slash == std::string_view::npos) return range;
    const auto bits = base::parse_decimal(text.substr(slash + 1), kAddressBits - before);
    if (!bits) {
        return fail(
            "network", cat("'", base::printable(text), "'"),
            cat("after the slash a number from 0 to ", kAddressBits - before, " is needed"));
    }
    range.prefix_bits = static_cast<unsigned>(*bits) + before;
    return range;
}

}  // namespace

bool AddressRange::has(const HostAddress& address) const {
    return masked(address, prefix_bits) == first;
}

Result<AddressRange> parse_address_network(std::string_view text) {
    AddressRange range = NBDROOT_TRY(read_range(text));
    range.first = masked(range.first, range.prefix_bits);
    return range;
}

Result<AddressRange> parse_address_range(std::string_view text) {
    const AddressRange range = NBDROOT_TRY(read_range(text));
    if (masked(range.first, range.prefix_bits) == range.first) return range;
    return fail("network", cat("'", base::printable(text), "'"),
                cat("the address has bits after the prefix; meant is either ",
                    text.substr(0, text.find('/')), " alone or the network's first address"));
}

Result<AllowList> parse_allow_list(std::string_view text) {
    AllowList list;
    for (const std::string_view field : split_list(text)) {
        list.ranges.push_back(NBDROOT_TRY(parse_address_range(field)));
    }
    if (!list.ranges.empty()) return list;
    return fail("list", "", "empty, nobody could come in; addresses or networks are needed");
}

std::string to_text(const AddressRange& range) {
    std::string text = to_text(range.first);
    if (range.prefix_bits == kAddressBits) return text;
    const bool mapped = is_ipv4(range.first) && range.prefix_bits >= kMappedBits;
    return cat(text, '/', range.prefix_bits - (mapped ? kMappedBits : 0));
}

bool AllowList::admits(const HostAddress& address) const {
    return std::any_of(ranges.begin(), ranges.end(),
                       [&](const AddressRange& range) { return range.has(address); });
}

}  // namespace nbdroot::server::config
