#include "lib/protocol/netlink/route.h"

#include <algorithm>

#include "lib/base/endian.h"
#include "lib/base/ipv4.h"
#include "lib/base/text.h"

namespace nbdroot::protocol::netlink {
namespace {

struct LinkBody {  // struct ifinfomsg
    std::uint8_t family = 0;
    std::uint8_t padding = 0;
    std::uint16_t hardware_type = 0;
    std::int32_t index = 0;
    std::uint32_t flags = 0;
    std::uint32_t change = 0;  // which flags are meant
};
static_assert(sizeof(LinkBody) == 16);

struct AddressBody {  // struct ifaddrmsg
    std::uint8_t family = 0;
    std::uint8_t length_bits = 0;
    std::uint8_t flags = 0;
    std::uint8_t scope = 0;
    std::uint32_t index = 0;
};
static_assert(sizeof(AddressBody) == 8);

struct RouteBody {  // struct rtmsg
    std::uint8_t family = 0;
    std::uint8_t destination_bits = 0;
    std::uint8_t source_bits = 0;
    std::uint8_t type_of_service = 0;
    std::uint8_t table = 0;
    std::uint8_t protocol = 0;
    std::uint8_t scope = 0;
    std::uint8_t type = 0;
    std::uint32_t flags = 0;
};
static_assert(sizeof(RouteBody) == 12);

constexpr std::uint8_t kFamilyIpv4 = 2;  // AF_INET
constexpr std::uint32_t kFlagUp = 0x1;
constexpr std::uint32_t kFlagLoopback = 0x8;
constexpr std::uint32_t kFlagLowerUp = 0x10000;  // carrier
constexpr std::uint32_t kFlagDormant = 0x20000;  // carrier, but 802.1X has not let us in

constexpr std::uint16_t kLinkAddress = 1;  // IFLA_ADDRESS
constexpr std::uint16_t kLinkName = 3;
constexpr std::uint16_t kLinkMtu = 4;
constexpr std::uint16_t kLinkMaster = 10;

constexpr std::uint16_t kAddressLocal = 2;  // IFA_LOCAL
constexpr std::uint16_t kAddressPeer = 1;   // IFA_ADDRESS: the same, but on point-to-point links
constexpr std::uint16_t kAddressBroadcast = 4;
constexpr std::uint16_t kAddressTimes = 6;        // IFA_CACHEINFO
constexpr std::uint8_t kAddressPermanent = 0x80;  // IFA_F_PERMANENT

constexpr std::uint16_t kRouteDestination = 1;  // RTA_DST
constexpr std::uint16_t kRouteOutput = 4;
constexpr std::uint16_t kRouteGateway = 5;
constexpr std::uint16_t kRoutePriority = 6;    // RTA_PRIORITY: the metric
constexpr std::uint16_t kRouteSource = 7;      // RTA_PREFSRC
constexpr std::uint8_t kTableMain = 254;       // RT_TABLE_MAIN
constexpr std::uint8_t kOriginBoot = 3;        // RTPROT_BOOT
constexpr std::uint8_t kScopeUniverse = 0;     // RT_SCOPE_UNIVERSE
constexpr std::uint8_t kScopeLink = 253;       // RT_SCOPE_LINK
constexpr std::uint8_t kUnicast = 1;           // RTN_UNICAST
constexpr std::uint32_t kNextHopOnLink = 0x4;  // RTNH_F_ONLINK

constexpr std::uint16_t kChange = kFlagRequest | kFlagAck;
constexpr std::uint16_t kAdd = kChange | kFlagCreate;

MessageWriter start(RouteType type, std::uint16_t flags, std::uint32_t sequence) {
    return {static_cast<std::uint16_t>(type), flags, sequence};
}

void put_ipv4(MessageWriter& writer, std::uint16_t type, std::uint32_t address) {
    const be32 wire = address;
    writer.attribute(type, std::as_bytes(std::span(&wire, 1)));
}

// 0 where the attribute is missing.
Result<std::uint32_t> ipv4_of(const std::vector<Attribute>& attributes, std::uint16_t type) {
    const Attribute* attribute = find(attributes, type);
    if (attribute == nullptr) return 0;
    const auto value = ByteReader(attribute->payload).be_u32();
    if (!value || attribute->payload.size() != sizeof *value) {
        return fail("parse", "netlink message", cat("attribute ", type, " is no IPv4 address"));
    }
    return *value;
}

MessageWriter set_flag(int index, std::uint32_t flags, std::uint32_t change,
                       std::uint32_t sequence) {
    MessageWriter writer = start(RouteType::new_link, kChange, sequence);
    writer.body(LinkBody{.index = index, .flags = flags, .change = change});
    return writer;
}

// A deletion names what it means as the addition did.
void put_address(MessageWriter& writer, const Address& address) {
    writer.body(AddressBody{.family = kFamilyIpv4,
                            .length_bits = address.length_bits,
                            .scope = kScopeUniverse,
                            .index = static_cast<std::uint32_t>(address.interface_index)});
    put_ipv4(writer, kAddressLocal, address.address);
    put_ipv4(writer, kAddressPeer, address.peer != 0 ? address.peer : address.address);
}

void put_route(MessageWriter& writer, const Route& route) {
    writer.body(RouteBody{.family = kFamilyIpv4,
                          .destination_bits = route.length_bits,
                          .table = kTableMain,
                          .protocol = kOriginBoot,
                          .scope = route.gateway != 0 ? kScopeUniverse : kScopeLink,
                          .type = kUnicast,
                          .flags = route.gateway_on_link ? kNextHopOnLink : 0});
    if (route.length_bits != 0) put_ipv4(writer, kRouteDestination, route.destination);
    writer.u32(kRouteOutput, static_cast<std::uint32_t>(route.interface_index));
    if (route.gateway != 0) put_ipv4(writer, kRouteGateway, route.gateway);
    if (route.source != 0) put_ipv4(writer, kRouteSource, route.source);
    if (route.metric != 0) writer.u32(kRoutePriority, route.metric);
}

// 0 where the attribute is missing or no number.
std::uint32_t number_of(const std::vector<Attribute>& attributes, std::uint16_t type) {
    const Attribute* attribute = find(attributes, type);
    return attribute != nullptr ? attribute->u32().value_or(0) : 0;
}

// struct ifa_cacheinfo: preferred and valid seconds, and two stamps.
std::uint32_t valid_seconds_of(const std::vector<Attribute>& attributes) {
    const Attribute* const times = find(attributes, kAddressTimes);
    if (times == nullptr) return 0;
    ByteReader reader(times->payload);
    (void)reader.value<std::uint32_t>();
    return reader.value<std::uint32_t>().value_or(0);
}

// The fixed body of a message, and its attributes.
template <class Body>
Result<std::pair<Body, std::vector<Attribute>>> take_apart(const Message& message) {
    ByteReader reader(message.payload);
    const auto body = reader.value<Body>();
    if (!body) {
        return fail(
            "parse", "netlink message",
            cat("type ", message.header.type, " has only ", message.payload.size(), " bytes"));
    }
    return std::pair{*body, NBDROOT_TRY(parse_attributes(reader.rest()))};
}

}  // namespace

bool Link::is_up() const { return (flags & kFlagUp) != 0; }
bool Link::is_loopback() const { return (flags & kFlagLoopback) != 0; }

// Not IFF_RUNNING: where the carrier is there when the link is set up, it follows up to a second
// later (net/core/link_watch.c), though the queues run at once. Where the carrier comes later, the
// kernel tells of it when they do.
bool Link::is_ready() const {
    constexpr std::uint32_t kWanted = kFlagUp | kFlagLowerUp;
    return (flags & (kWanted | kFlagDormant)) == kWanted;
}

Bytes dump_request(RouteType type, std::uint32_t sequence) {
    MessageWriter writer = start(type, kFlagRequest | kFlagDump, sequence);
    switch (type) {
        case RouteType::get_address:
            writer.body(AddressBody{.family = kFamilyIpv4});
            break;
        case RouteType::get_route:
            writer.body(RouteBody{.family = kFamilyIpv4});
            break;
        default:
            writer.body(LinkBody{});
            break;
    }
    return writer.finish();
}

Bytes link_up_request(int index, std::uint32_t sequence) {
    return set_flag(index, kFlagUp, kFlagUp, sequence).finish();
}

Bytes link_down_request(int index, std::uint32_t sequence) {
    return set_flag(index, 0, kFlagUp, sequence).finish();
}

Bytes link_name_request(int index, std::string_view name, std::uint32_t sequence) {
    MessageWriter writer = set_flag(index, 0, 0, sequence);
    writer.text(kLinkName, name);
    return writer.finish();
}

Bytes link_mac_request(int index, const Mac& mac, std::uint32_t sequence) {
    MessageWriter writer = set_flag(index, 0, 0, sequence);
    writer.attribute(kLinkAddress, std::as_bytes(std::span(mac)));
    return writer.finish();
}

Bytes link_mtu_request(int index, std::uint32_t mtu_bytes, std::uint32_t sequence) {
    MessageWriter writer = set_flag(index, 0, 0, sequence);
    writer.u32(kLinkMtu, mtu_bytes);
    return writer.finish();
}

Bytes add_address_request(const Address& address, std::uint32_t sequence) {
    MessageWriter writer = start(RouteType::new_address, kAdd | kFlagReplace, sequence);
    put_address(writer, address);
    if (address.broadcast != 0) put_ipv4(writer, kAddressBroadcast, address.broadcast);
    return writer.finish();
}

Bytes add_route_request(const Route& route, OtherRoute other, std::uint32_t sequence) {
    const std::uint16_t flags = other == OtherRoute::replaced ? kAdd | kFlagReplace : kAdd;
    MessageWriter writer = start(RouteType::new_route, flags, sequence);
    put_route(writer, route);
    return writer.finish();
}

Bytes delete_address_request(const Address& address, std::uint32_t sequence) {
    MessageWriter writer = start(RouteType::delete_address, kChange, sequence);
    put_address(writer, address);
    return writer.finish();
}

Bytes delete_route_request(const Route& route, std::uint32_t sequence) {
    MessageWriter writer = start(RouteType::delete_route, kChange, sequence);
    put_route(writer, route);
    return writer.finish();
}

Result<Link> parse_link(const Message& message) {
    const auto [body, attributes] = NBDROOT_TRY(take_apart<LinkBody>(message));
    // A port that leaves its bridge is a deleted link of that family.
    if (body.family != 0) return fail("parse", "netlink message", "link of another family");
    Link link;
    link.index = body.index;
    link.hardware_type = body.hardware_type;
    link.flags = body.flags;
    for (const Attribute& attribute : attributes) {
        if (attribute.type == kLinkName) link.name = attribute.text();
        if (attribute.type == kLinkMtu) link.mtu_bytes = attribute.u32().value_or(0);
        if (attribute.type == kLinkMaster) link.enslaved = true;
        if (attribute.type == kLinkAddress && attribute.payload.size() == sizeof(Mac)) {
            link.mac = ByteReader(attribute.payload).value<Mac>();
        }
    }
    if (link.index <= 0 || link.name.empty()) {
        return fail("parse", "netlink message", "link without index or name");
    }
    return link;
}

Result<std::optional<Address>> parse_address(const Message& message) {
    const auto [body, attributes] = NBDROOT_TRY(take_apart<AddressBody>(message));
    if (body.family != kFamilyIpv4) return std::nullopt;
    const std::uint32_t local = NBDROOT_TRY(ipv4_of(attributes, kAddressLocal));
    const std::uint32_t peer = NBDROOT_TRY(ipv4_of(attributes, kAddressPeer));
    const bool is_permanent = (body.flags & kAddressPermanent) != 0;
    return Address{.interface_index = static_cast<int>(body.index),
                   .address = local,
                   .length_bits = std::min<std::uint8_t>(body.length_bits, 32),
                   .broadcast = NBDROOT_TRY(ipv4_of(attributes, kAddressBroadcast)),
                   .peer = peer != local ? peer : 0,
                   .permanent = is_permanent,
                   .valid_seconds = is_permanent ? 0 : valid_seconds_of(attributes)};
}

Result<std::optional<Route>> parse_route(const Message& message) {
    const auto [body, attributes] = NBDROOT_TRY(take_apart<RouteBody>(message));
    if (body.family != kFamilyIpv4 || body.table != kTableMain || body.type != kUnicast) {
        return std::nullopt;
    }
    return Route{.interface_index = static_cast<int>(number_of(attributes, kRouteOutput)),
                 .destination = NBDROOT_TRY(ipv4_of(attributes, kRouteDestination)),
                 .length_bits = std::min<std::uint8_t>(body.destination_bits, 32),
                 .gateway = NBDROOT_TRY(ipv4_of(attributes, kRouteGateway)),
                 .source = NBDROOT_TRY(ipv4_of(attributes, kRouteSource)),
                 .gateway_on_link = (body.flags & kNextHopOnLink) != 0,
                 .metric = number_of(attributes, kRoutePriority)};
}

}  // namespace nbdroot::protocol::netlink
