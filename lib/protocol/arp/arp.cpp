#include "lib/protocol/arp/arp.h"

#include "lib/base/endian.h"
#include "lib/base/text.h"

namespace nbdroot::protocol::arp {
namespace {

constexpr std::uint16_t kEthernet = 1;
constexpr std::uint16_t kIpv4 = 0x0800;

struct Wire {
    be16 hardware_type{kEthernet};
    be16 protocol_type{kIpv4};
    std::uint8_t hardware_length = sizeof(Mac);
    std::uint8_t protocol_length = sizeof(be32);
    be16 operation;
    Mac sender_mac{};
    be32 sender;
    Mac target_mac{};
    be32 target;
};
static_assert(sizeof(Wire) == kPacketBytes && alignof(Wire) == 1);

Failure refused(std::string_view reason) { return fail("parse", "ARP packet", reason); }

}  // namespace

Bytes serialize(const Packet& packet) {
    Bytes out;
    ByteWriter(out).value(Wire{.operation = static_cast<std::uint16_t>(packet.operation),
                               .sender_mac = packet.sender_mac,
                               .sender = packet.sender,
                               .target_mac = packet.target_mac,
                               .target = packet.target});
    return out;
}

Result<Packet> parse_packet(ByteView bytes) {
    const auto wire = ByteReader(bytes).value<Wire>();
    if (!wire) return refused(cat("only ", bytes.size(), " bytes"));
    if (wire->hardware_type != kEthernet || wire->protocol_type != kIpv4 ||
        wire->hardware_length != sizeof(Mac) || wire->protocol_length != sizeof(be32)) {
        return refused("not IPv4 over Ethernet");
    }
    const auto operation = static_cast<Operation>(+wire->operation);
    if (operation != Operation::request && operation != Operation::reply) {
        return refused(cat("operation ", +wire->operation));
    }
    return Packet{.operation = operation,
                  .sender_mac = wire->sender_mac,
                  .sender = wire->sender,
                  .target_mac = wire->target_mac,
                  .target = wire->target};
}

Packet probe(const Mac& mac, std::uint32_t address) {
    return {
        .operation = Operation::request, .sender_mac = mac, .target_mac = {}, .target = address};
}

bool is_conflict(const Packet& packet, const Mac& mac, std::uint32_t address) {
    if (packet.sender_mac == mac) return false;
    if (packet.sender == address) return true;
    const bool is_probe = packet.operation == Operation::request && packet.sender == 0;
    return is_probe && packet.target == address;
}

}  // namespace nbdroot::protocol::arp
