#include "lib/protocol/netlink/nbd.h"

#include "lib/protocol/netlink/generic.h"

namespace nbdroot::protocol::netlink {
namespace {

enum class Command : std::uint8_t {
    connect = 1,
    disconnect = 2,
    reconfigure = 3,
    link_dead = 4,
    status = 5,
};
constexpr std::uint8_t kVersion = 1;  // NBD_GENL_VERSION

constexpr std::uint16_t kIndex = 1;
constexpr std::uint16_t kSizeBytes = 2;
constexpr std::uint16_t kBlockSizeBytes = 3;
constexpr std::uint16_t kServerFlags = 5;
constexpr std::uint16_t kSockets = 7;
constexpr std::uint16_t kDeadConnectionTimeout = 8;
constexpr std::uint16_t kDeviceList = 9;
constexpr std::uint16_t kBackendIdentifier = 10;

// Inside kSockets, and inside kDeviceList.
constexpr std::uint16_t kSocketItem = 1;
constexpr std::uint16_t kSocketFd = 1;
constexpr std::uint16_t kDeviceIndex = 1;
constexpr std::uint16_t kDeviceConnected = 2;

Failure damaged(const char* reason) { return fail("parse", "nbd netlink message", reason); }

MessageWriter begin(Command command, std::uint32_t index, const NbdEnvelope& envelope) {
    MessageWriter writer(envelope.family_id, kFlagRequest | kFlagAck, envelope.sequence);
    writer.body(GenericHeader{.command = static_cast<std::uint8_t>(command), .version = kVersion});
    writer.u32(kIndex, index);
    return writer;
}

void write_sockets(MessageWriter& writer, const std::vector<std::uint32_t>& sockets) {
    writer.nested(kSockets, [&] {
        for (const std::uint32_t socket : sockets) {
            writer.nested(kSocketItem, [&] { writer.u32(kSocketFd, socket); });
        }
    });
}

Result<NbdDeviceStatus> parse_device(ByteView nest) {
    const auto attributes = NBDROOT_TRY(parse_attributes(nest));
    const Attribute* index = find(attributes, kDeviceIndex);
    const Attribute* connected = find(attributes, kDeviceConnected);
    if (index == nullptr || !index->u32()) return damaged("device without index");
    if (connected == nullptr || !connected->u8()) return damaged("device without state");
    return NbdDeviceStatus{.index = *index->u32(), .connected = *connected->u8() != 0};
}

}  // namespace

Bytes encode(const NbdConnect& connect, const NbdEnvelope& envelope) {
    MessageWriter writer = begin(Command::connect, connect.index, envelope);
    writer.u64(kSizeBytes, connect.size_bytes);
    writer.u64(kBlockSizeBytes, connect.block_size_bytes);
    writer.u64(kServerFlags, connect.server_flags);
    writer.u64(kDeadConnectionTimeout, connect.dead_connection_timeout_seconds);
    if (!connect.backend_identifier.empty()) {
        writer.text(kBackendIdentifier, connect.backend_identifier);
    }
    write_sockets(writer, connect.sockets);
    return writer.finish();
}

Bytes encode(const NbdReconfigure& reconfigure, const NbdEnvelope& envelope) {
    MessageWriter writer = begin(Command::reconfigure, reconfigure.index, envelope);
    if (reconfigure.dead_connection_timeout_seconds) {
        writer.u64(kDeadConnectionTimeout, *reconfigure.dead_connection_timeout_seconds);
    }
    if (!reconfigure.backend_identifier.empty()) {
        writer.text(kBackendIdentifier, reconfigure.backend_identifier);
    }
    write_sockets(writer, reconfigure.sockets);
    return writer.finish();
}

Bytes encode_disconnect(std::uint32_t index, const NbdEnvelope& envelope) {
    return begin(Command::disconnect, index, envelope).finish();
}

Bytes encode_status(std::uint32_t index, const NbdEnvelope& envelope) {
    return begin(Command::status, index, envelope).finish();
}

Result<std::vector<NbdDeviceStatus>> parse_nbd_status(const Message& message) {
    const auto generic = NBDROOT_TRY(parse_generic(message));
    if (generic.command != static_cast<std::uint8_t>(Command::status)) {
        return damaged("not a status");
    }
    const Attribute* list = find(generic.attributes, kDeviceList);
    if (list == nullptr) return damaged("status without device list");
    std::vector<NbdDeviceStatus> devices;
    for (const Attribute& item : NBDROOT_TRY(parse_attributes(list->payload))) {
        devices.push_back(NBDROOT_TRY(parse_device(item.payload)));
    }
    return devices;
}

Result<std::optional<std::uint32_t>> parse_nbd_link_dead(const Message& message) {
    const auto generic = NBDROOT_TRY(parse_generic(message));
    if (generic.command != static_cast<std::uint8_t>(Command::link_dead)) return std::nullopt;
    const Attribute* index = find(generic.attributes, kIndex);
    if (index == nullptr || !index->u32()) return damaged("link-dead without index");
    return *index->u32();
}

}  // namespace nbdroot::protocol::netlink
