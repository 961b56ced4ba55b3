#include "lib/protocol/netlink/nbd.h"

#include <linux/nbd-netlink.h>

#include "lib/protocol/netlink/generic.h"
#include "tests/support/catch.h"

namespace nbdroot::protocol::netlink {
namespace {

constexpr NbdEnvelope kEnvelope{.family_id = 0x1d, .sequence = 5};

struct Sent {
    Bytes bytes;
    Message message;
    GenericMessage generic;
};

Sent take_apart(Bytes bytes) {
    Sent sent{.bytes = std::move(bytes), .message = {}, .generic = {}};
    auto messages = parse_messages(sent.bytes);
    REQUIRE(messages);
    REQUIRE(messages->size() == 1);
    sent.message = messages->front();
    auto generic = parse_generic(sent.message);
    REQUIRE(generic);
    sent.generic = std::move(*generic);
    return sent;
}

std::optional<std::uint64_t> number(const Sent& sent, std::uint16_t type) {
    const Attribute* attribute = find(sent.generic.attributes, type);
    if (attribute == nullptr) return std::nullopt;
    if (attribute->payload.size() == sizeof(std::uint64_t)) return attribute->u64();
    return attribute->u32();
}

std::vector<std::uint32_t> sockets(const Sent& sent) {
    std::vector<std::uint32_t> result;
    const Attribute* list = find(sent.generic.attributes, NBD_ATTR_SOCKETS);
    REQUIRE(list != nullptr);
    const auto items = parse_attributes(list->payload);
    REQUIRE(items);
    for (const Attribute& item : *items) {
        CHECK(item.type == NBD_SOCK_ITEM);
        const auto inner = parse_attributes(item.payload);
        REQUIRE(inner);
        const Attribute* fd = find(*inner, NBD_SOCK_FD);
        REQUIRE(fd != nullptr);
        result.push_back(fd->u32().value_or(0));
    }
    return result;
}

template <class Fill>
Bytes from_kernel(std::uint8_t command, Fill fill) {
    MessageWriter writer(0x1d, 0, 0);
    writer.body(GenericHeader{.command = command, .version = 1});
    fill(writer);
    return writer.finish();
}

Message only_message(const Bytes& bytes) {
    const auto messages = parse_messages(bytes);
    REQUIRE(messages);
    return messages->front();
}

}  // namespace

TEST_CASE("connect carries every attribute under the kernel's numbers") {
    const Sent sent = take_apart(encode(NbdConnect{.index = 3,
                                                   .size_bytes = 1ULL << 40,
                                                   .block_size_bytes = 4096,
                                                   .server_flags = 0x56d,
                                                   .dead_connection_timeout_seconds = 315360000,
                                                   .backend_identifier = "nbdroot:debian",
                                                   .sockets = {7}},
                                        kEnvelope));
    CHECK(sent.message.header.type == 0x1d);
    CHECK(sent.message.header.flags == (kFlagRequest | kFlagAck));
    CHECK(sent.message.header.sequence == 5);
    CHECK(sent.generic.command == NBD_CMD_CONNECT);
    CHECK(number(sent, NBD_ATTR_INDEX) == 3u);
    CHECK(number(sent, NBD_ATTR_SIZE_BYTES) == 1ULL << 40);
    CHECK(number(sent, NBD_ATTR_BLOCK_SIZE_BYTES) == 4096u);
    CHECK(number(sent, NBD_ATTR_SERVER_FLAGS) == 0x56du);
    CHECK(number(sent, NBD_ATTR_DEAD_CONN_TIMEOUT) == 315360000u);
    CHECK(find(sent.generic.attributes, NBD_ATTR_BACKEND_IDENTIFIER)->text() == "nbdroot:debian");
    CHECK(sockets(sent) == std::vector<std::uint32_t>{7});
}

TEST_CASE("connect never sends a request time-out, which would kill slow servers") {
    const Sent sent = take_apart(encode(NbdConnect{.index = 0, .sockets = {1}}, kEnvelope));
    CHECK(find(sent.generic.attributes, NBD_ATTR_TIMEOUT) == nullptr);
}

TEST_CASE("an empty identifier is not sent as an empty text") {
    const Sent sent = take_apart(encode(NbdConnect{.index = 0, .sockets = {1}}, kEnvelope));
    CHECK(find(sent.generic.attributes, NBD_ATTR_BACKEND_IDENTIFIER) == nullptr);
}

TEST_CASE("reconfigure names the device, the identifier and the sockets") {
    const Sent sent = take_apart(
        encode(NbdReconfigure{.index = 1, .backend_identifier = "nbdroot:", .sockets = {4, 5}},
               kEnvelope));
    CHECK(sent.generic.command == NBD_CMD_RECONFIGURE);
    CHECK(number(sent, NBD_ATTR_INDEX) == 1u);
    CHECK_FALSE(number(sent, NBD_ATTR_DEAD_CONN_TIMEOUT));
    CHECK(find(sent.generic.attributes, NBD_ATTR_BACKEND_IDENTIFIER)->text() == "nbdroot:");
    CHECK(sockets(sent) == std::vector<std::uint32_t>{4, 5});
}

TEST_CASE("reconfigure can change the dead-connection time-out") {
    const Sent sent = take_apart(
        encode(NbdReconfigure{.index = 1, .dead_connection_timeout_seconds = 60, .sockets = {4}},
               kEnvelope));
    CHECK(number(sent, NBD_ATTR_DEAD_CONN_TIMEOUT) == 60u);
}

TEST_CASE("disconnect and status name their device") {
    const Sent disconnect = take_apart(encode_disconnect(2, kEnvelope));
    CHECK(disconnect.generic.command == NBD_CMD_DISCONNECT);
    CHECK(number(disconnect, NBD_ATTR_INDEX) == 2u);
    const Sent status = take_apart(encode_status(2, kEnvelope));
    CHECK(status.generic.command == NBD_CMD_STATUS);
    CHECK(number(status, NBD_ATTR_INDEX) == 2u);
}

TEST_CASE("a status lists devices with their state") {
    const Bytes bytes = from_kernel(NBD_CMD_STATUS, [](MessageWriter& writer) {
        writer.nested(NBD_ATTR_DEVICE_LIST, [&] {
            writer.nested(NBD_DEVICE_ITEM, [&] {
                writer.u32(NBD_DEVICE_INDEX, 0);
                writer.u8(NBD_DEVICE_CONNECTED, 1);
            });
            writer.nested(NBD_DEVICE_ITEM, [&] {
                writer.u32(NBD_DEVICE_INDEX, 1);
                writer.u8(NBD_DEVICE_CONNECTED, 0);
            });
        });
    });
    const auto devices = parse_nbd_status(only_message(bytes));
    REQUIRE(devices);
    CHECK(*devices == std::vector<NbdDeviceStatus>{{.index = 0, .connected = true},
                                                   {.index = 1, .connected = false}});
}

TEST_CASE("a status that lacks its list, or a device its parts, is refused") {
    const auto parse = [](std::uint8_t command, auto fill) {
        return parse_nbd_status(only_message(from_kernel(command, fill)));
    };
    const auto with_device = [&](auto fill) {
        return parse(NBD_CMD_STATUS, [&](MessageWriter& writer) {
            writer.nested(NBD_ATTR_DEVICE_LIST,
                          [&] { writer.nested(NBD_DEVICE_ITEM, [&] { fill(writer); }); });
        });
    };
    CHECK_FALSE(parse(NBD_CMD_STATUS, [](MessageWriter&) {}));
    CHECK_FALSE(parse(NBD_CMD_CONNECT, [](MessageWriter&) {}));
    CHECK_FALSE(with_device([](MessageWriter&) {}));
    CHECK_FALSE(with_device([](MessageWriter& writer) { writer.u32(NBD_DEVICE_INDEX, 0); }));
    CHECK_FALSE(with_device([](MessageWriter& writer) { writer.u8(NBD_DEVICE_CONNECTED, 1); }));
}

TEST_CASE("a dead link names its device") {
    const Bytes bytes = from_kernel(NBD_CMD_LINK_DEAD,
                                    [](MessageWriter& writer) { writer.u32(NBD_ATTR_INDEX, 4); });
    const auto dead = parse_nbd_link_dead(only_message(bytes));
    REQUIRE(dead);
    CHECK(*dead == 4u);
}

TEST_CASE("another message is not taken for a dead link") {
    const Bytes bytes =
        from_kernel(NBD_CMD_CONNECT, [](MessageWriter& writer) { writer.u32(NBD_ATTR_INDEX, 4); });
    const auto dead = parse_nbd_link_dead(only_message(bytes));
    REQUIRE(dead);
    CHECK_FALSE(*dead);
}

TEST_CASE("a dead link without a device is refused") {
    CHECK_FALSE(
        parse_nbd_link_dead(only_message(from_kernel(NBD_CMD_LINK_DEAD, [](MessageWriter&) {}))));
    CHECK_FALSE(parse_nbd_link_dead(only_message(
        from_kernel(NBD_CMD_LINK_DEAD, [](MessageWriter& writer) { writer.u8(1, 1); }))));
}

}  // namespace nbdroot::protocol::netlink
