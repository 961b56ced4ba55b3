#include "lib/protocol/dhcp4/packet.h"

#include "lib/base/assert.h"
#include "lib/base/endian.h"
#include "lib/base/text.h"

namespace nbdroot::protocol::dhcp4 {
namespace {

struct Ipv4Header {
    std::uint8_t version_and_words = 0x45;
    std::uint8_t service = 0;
    be16 length_bytes;
    be16 identification{};
    be16 fragment{};  // flags and offset
    std::uint8_t hops_left = 64;
    std::uint8_t protocol = 0;
    be16 checksum{};
    be32 source{};
    be32 destination{};
};
static_assert(sizeof(Ipv4Header) == 20 && alignof(Ipv4Header) == 1);

struct UdpHeader {
    be16 source;
    be16 destination;
    be16 length_bytes;
    be16 checksum{};
};
static_assert(sizeof(UdpHeader) == 8 && alignof(UdpHeader) == 1);

// RFC 768: what the UDP checksum covers beside header and data.
struct PseudoHeader {
    be32 source;
    be32 destination;
    std::uint8_t zero = 0;
    std::uint8_t protocol = 0;
    be16 length_bytes;
};
static_assert(sizeof(PseudoHeader) == 12 && alignof(PseudoHeader) == 1);

constexpr std::uint8_t kProtocolUdp = 17;
constexpr std::uint16_t kMoreFragmentsAndOffset = 0x3fff;
constexpr std::uint32_t kBroadcast = UINT32_MAX;

template <class T>
ByteView view_of(const T& value) {
    return std::as_bytes(std::span(&value, 1));
}

// DATAGRAM is the UDP header with its data.
std::uint16_t udp_checksum(const Ipv4Header& ip, ByteView datagram) {
    Bytes covered;
    ByteWriter writer(covered);
    writer.value(PseudoHeader{.source = ip.source,
                              .destination = ip.destination,
                              .protocol = kProtocolUdp,
                              .length_bytes = static_cast<std::uint16_t>(datagram.size())});
    writer.bytes(datagram);
    return internet_checksum(covered);
}

Failure refused(std::string_view reason) { return fail("parse", "DHCP packet", reason); }

// What lies behind the IPv4 header, cut to the packet's own length.
Result<ByteView> ip_payload(ByteView packet, const Ipv4Header& ip) {
    const std::size_t header_bytes = std::size_t{ip.version_and_words & 15U} * 4;
    const std::size_t length = ip.length_bytes;
    if (ip.version_and_words >> 4 != 4) return refused("not IPv4");
    if (header_bytes < sizeof ip || header_bytes > length || length > packet.size()) {
        return refused(cat("IPv4 header of ", header_bytes, " and packet of ", length,
                           " bytes do not fit into ", packet.size()));
    }
    if (internet_checksum(packet.first(header_bytes)) != 0) return refused("IPv4 checksum wrong");
    if ((ip.fragment & kMoreFragmentsAndOffset) != 0) return refused("fragmented");
    if (ip.protocol != kProtocolUdp) return refused(cat("IP protocol ", ip.protocol, ", not UDP"));
    return packet.subspan(header_bytes, length - header_bytes);
}

}  // namespace

std::uint16_t internet_checksum(ByteView data) {
    std::uint64_t sum = 0;
    ByteReader reader(data);
    while (const auto word = reader.be_u16()) sum += *word;
    if (const auto odd = reader.u8()) sum += std::uint64_t{*odd} << 8;
    while (sum > UINT16_MAX) sum = (sum & UINT16_MAX) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

Bytes wrap_broadcast(ByteView payload, std::uint32_t source) {
    const std::size_t udp_bytes = sizeof(UdpHeader) + payload.size();
    NBDROOT_ASSERT(sizeof(Ipv4Header) + udp_bytes <= UINT16_MAX);

    Ipv4Header ip{.length_bytes = static_cast<std::uint16_t>(sizeof(Ipv4Header) + udp_bytes),
                  .protocol = kProtocolUdp,
                  .source = source,
                  .destination = kBroadcast};
    ip.checksum = internet_checksum(view_of(ip));

    UdpHeader udp{.source = kClientPort,
                  .destination = kServerPort,
                  .length_bytes = static_cast<std::uint16_t>(udp_bytes)};
    Bytes datagram;
    ByteWriter(datagram).value(udp);
    ByteWriter(datagram).bytes(payload);
    const std::uint16_t checksum = udp_checksum(ip, datagram);
    udp.checksum = checksum != 0 ? checksum : UINT16_MAX;  // 0 would mean: none

    Bytes packet;
    ByteWriter writer(packet);
    writer.value(ip);
    writer.value(udp);
    writer.bytes(payload);
    return packet;
}

Result<ByteView> unwrap(ByteView packet, UdpChecksum checksum) {
    const auto ip = ByteReader(packet).value<Ipv4Header>();
    if (!ip) return refused(cat("only ", packet.size(), " bytes"));
    const ByteView behind_ip = NBDROOT_TRY(ip_payload(packet, *ip));
    const auto udp = ByteReader(behind_ip).value<UdpHeader>();
    if (!udp) return refused("UDP header cut off");
    if (udp->destination != kClientPort) return refused(cat("for port ", +udp->destination));
    const std::size_t length = udp->length_bytes;
    if (length < sizeof(UdpHeader) || length > behind_ip.size()) {
        return refused(cat("UDP length of ", length, " in ", behind_ip.size(), " bytes"));
    }
    const ByteView datagram = behind_ip.first(length);
    const bool has_checksum = udp->checksum != 0 && checksum == UdpChecksum::filled_in;
    if (has_checksum && udp_checksum(*ip, datagram) != 0) return refused("UDP checksum wrong");
    return datagram.subspan(sizeof(UdpHeader));
}

}  // namespace nbdroot::protocol::dhcp4
