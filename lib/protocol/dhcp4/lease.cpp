#include "lib/protocol/dhcp4/lease.h"

#include <algorithm>

#include "lib/base/ipv4.h"
#include "lib/base/text.h"
#include "lib/protocol/dhcp4/search_list.h"

namespace nbdroot::protocol::dhcp4 {
namespace {

// RFC 791: every host takes packets of 576 bytes; a smaller MTU is a mistake or an attack.
constexpr std::uint16_t kSmallestMtu = 576;
// RFC 2131 table 3 demands a lease time of every ACK. Servers that forget it mean no harm.
constexpr std::uint32_t kAssumedLeaseSeconds = 3600;

// Bounds on what one message may make us do.
constexpr std::size_t kServerLimit = 8;  // of one kind
constexpr std::size_t kRouteLimit = 64;

std::vector<std::uint32_t> addresses_of(const Message& message, OptionCode code) {
    std::vector<std::uint32_t> result;
    const Bytes* value = message.find(code);
    if (value == nullptr || value->size() % 4 != 0) return result;
    ByteReader reader(*value);
    while (const auto address = reader.be_u32()) {
        if (result.size() == kServerLimit) break;
        if (base::is_ipv4_host(*address)) result.push_back(*address);
    }
    return result;
}

// Some servers count a final NUL in (RFC 2132 section 2 says not to).
std::string text_of(const Message& message, OptionCode code) {
    const Bytes* value = message.find(code);
    if (value == nullptr) return {};
    std::string text(base::as_text(*value));
    text.resize(std::min(text.size(), text.find('\0')));
    return text;
}

std::string name_of(const Message& message, OptionCode code) {
    std::string text = text_of(message, code);
    return is_host_name(text) ? text : std::string();
}

// RFC 3442: length, the significant bytes of the destination, router. nullopt: damaged.
std::optional<std::vector<LeaseRoute>> classless_routes(const Bytes& value) {
    std::vector<LeaseRoute> routes;
    ByteReader reader(value);
    while (const auto length = reader.u8()) {
        if (*length > 32 || routes.size() == kRouteLimit) return std::nullopt;
        const auto significant = reader.bytes((*length + 7U) / 8);
        const auto gateway = reader.be_u32();
        if (!significant || !gateway) return std::nullopt;
        std::uint32_t destination = 0;
        unsigned shift = 32;
        for (const std::byte byte : *significant) {
            destination |= std::to_integer<std::uint32_t>(byte) << (shift -= 8);
        }
        routes.push_back({.destination = destination & base::ipv4_mask(*length),
                          .length_bits = *length,
                          .gateway = *gateway});
    }
    return routes;
}

// RFC 3442: with option 121 the routers of option 3 are not looked at.
std::vector<LeaseRoute> routes_of(const Message& message) {
    if (const Bytes* value = message.find(OptionCode::classless_routes)) {
        if (auto routes = classless_routes(*value); routes && !routes->empty()) return *routes;
    }
    const auto routers = addresses_of(message, OptionCode::router);
    if (routers.empty()) return {};
    return {LeaseRoute{.gateway = routers.front()}};
}

std::uint8_t length_bits_of(const Message& message) {
    const auto mask = message.u32(OptionCode::subnet_mask);
    const auto length = mask ? base::ipv4_mask_length(*mask) : std::nullopt;
    if (length && *length > 0) return *length;
    return base::ipv4_class_length(message.your_address).value_or(32);
}

std::uint16_t mtu_of(const Message& message) {
    const std::uint16_t mtu = message.u16(OptionCode::mtu).value_or(0);
    return mtu >= kSmallestMtu ? mtu : std::uint16_t{0};
}

std::uint32_t next_server_of(const Message& message) {
    return base::is_ipv4_host(message.server_address) ? message.server_address : 0;
}

// RFC 2131 section 4.4.5: T1 = 0.5 and T2 = 0.875 of the lease where the server's are not there
// or not in order.
void set_times(const Message& message, Lease& lease) {
    lease.lease_seconds = message.u32(OptionCode::lease_seconds).value_or(kAssumedLeaseSeconds);
    const std::uint32_t whole = lease.lease_seconds;
    const bool for_ever = whole == kForEver;
    lease.renewal_seconds = for_ever ? kForEver : whole / 2;
    lease.rebinding_seconds = for_ever ? kForEver : whole - whole / 8 - (whole % 8 != 0 ? 1 : 0);
    const auto t1 = message.u32(OptionCode::renewal_seconds);
    const auto t2 = message.u32(OptionCode::rebinding_seconds);
    if (t1 && t2 && !for_ever && *t1 > 0 && *t1 < *t2 && *t2 < whole) {
        lease.renewal_seconds = *t1;
        lease.rebinding_seconds = *t2;
    }
}

Failure useless(std::string_view reason) { return fail("read", "DHCP lease", reason); }

}  // namespace

Result<Lease> read_lease(const Message& message) {
    const auto server = message.u32(OptionCode::server_identifier);
    if (!server) return useless("no server identifier (option 54)");
    if (!base::is_ipv4_host(message.your_address)) {
        return useless(
            cat("no machine can have the address ", base::format_ipv4(message.your_address)));
    }
    Lease lease{.address = message.your_address,
                .length_bits = length_bits_of(message),
                .broadcast = message.u32(OptionCode::broadcast_address).value_or(0),
                .server = *server,
                .routes = routes_of(message),
                .name_servers = addresses_of(message, OptionCode::name_servers),
                .host_name = name_of(message, OptionCode::host_name),
                .domain_name = name_of(message, OptionCode::domain_name),
                .search = {},
                .time_servers = addresses_of(message, OptionCode::time_servers),
                .root_path = text_of(message, OptionCode::root_path),
                .next_server = next_server_of(message),
                .mtu_bytes = mtu_of(message)};
    if (const Bytes* search = message.find(OptionCode::domain_search)) {
        lease.search = read_search_list(*search);
    }
    set_times(message, lease);
    if (lease.lease_seconds == 0) return useless("lease of 0 seconds");
    return lease;
}

}  // namespace nbdroot::protocol::dhcp4
