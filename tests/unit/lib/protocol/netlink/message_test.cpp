#include "lib/protocol/netlink/message.h"

#include "tests/support/catch.h"
#include "tests/support/hex.h"

namespace nbdroot::protocol::netlink {
namespace {

Bytes with_u32(Bytes bytes, std::size_t at, std::uint32_t value) {
    std::memcpy(bytes.data() + at, &value, sizeof value);
    return bytes;
}

Bytes with_u16(Bytes bytes, std::size_t at, std::uint16_t value) {
    std::memcpy(bytes.data() + at, &value, sizeof value);
    return bytes;
}

struct ErrorBody {
    std::int32_t code = 0;
    Header request;
};

Bytes acknowledgement(std::int32_t code, std::uint16_t flags = 0) {
    MessageWriter writer(kTypeError, flags, 9);
    writer.body(ErrorBody{.code = code, .request = {.length_bytes = 32, .sequence = 9}});
    return writer.finish();
}

Result<Acknowledgement> parse_one(const Bytes& bytes) {
    const auto messages = parse_messages(bytes);
    REQUIRE(messages);
    REQUIRE(messages->size() == 1);
    return parse_acknowledgement(messages->front());
}

}  // namespace

TEST_CASE("what is written is read back, nested and padded") {
    MessageWriter writer(0x21, kFlagRequest | kFlagAck, 7);
    writer.body(std::uint32_t{0xaabbccdd});
    writer.u8(1, 0x11);
    writer.u16(2, 0x2222);
    writer.u64(3, 0x3333);
    writer.text(4, "nbd0");
    writer.nested(5, [&] {
        writer.flag(6);
        writer.nested(7, [&] { writer.u32(8, 88); });
    });
    const Bytes bytes = writer.finish();
    CHECK(bytes.size() % 4 == 0);

    const auto messages = parse_messages(bytes);
    REQUIRE(messages);
    REQUIRE(messages->size() == 1);
    CHECK(messages->front().header ==
          Header{.length_bytes = static_cast<std::uint32_t>(bytes.size()),
                 .type = 0x21,
                 .flags = kFlagRequest | kFlagAck,
                 .sequence = 7});
    const auto attributes = parse_attributes(messages->front().payload.subspan(4));
    REQUIRE(attributes);
    REQUIRE(attributes->size() == 5);
    CHECK(find(*attributes, 1)->u8() == 0x11);
    CHECK(find(*attributes, 2)->u16() == 0x2222);
    CHECK(find(*attributes, 3)->u64() == 0x3333);
    CHECK(find(*attributes, 4)->text() == "nbd0");
    CHECK(find(*attributes, 9) == nullptr);
    const auto outer = parse_attributes(find(*attributes, 5)->payload);
    REQUIRE(outer);
    CHECK(find(*outer, 6)->payload.empty());
    const auto inner = parse_attributes(find(*outer, 7)->payload);
    REQUIRE(inner);
    CHECK(find(*inner, 8)->u32() == 88);
}

TEST_CASE("a number in an attribute that is too short is not read") {
    const Attribute attribute{.type = 1, .payload = {}};
    CHECK_FALSE(attribute.u8());
    CHECK_FALSE(attribute.u16());
    CHECK_FALSE(attribute.u32());
    CHECK_FALSE(attribute.u64());
    CHECK(attribute.text().empty());
}

TEST_CASE("several messages of one datagram are told apart") {
    Bytes datagram = MessageWriter(1, 0, 1).finish();
    const Bytes second = MessageWriter(2, 0, 2).finish();
    datagram.insert(datagram.end(), second.begin(), second.end());
    const auto messages = parse_messages(datagram);
    REQUIRE(messages);
    REQUIRE(messages->size() == 2);
    CHECK((*messages)[1].header.sequence == 2);
    CHECK(parse_messages(Bytes())->empty());
}

TEST_CASE("a message header that is cut off is refused") {
    const Bytes whole = MessageWriter(1, 0, 1).finish();
    for (std::size_t size = 1; size < whole.size(); ++size) {
        CAPTURE(size);
        CHECK_FALSE(parse_messages(ByteView(whole).first(size)));
    }
}

TEST_CASE("a message longer than its datagram, or shorter than its header, is refused") {
    const Bytes whole = MessageWriter(1, 0, 1).finish();
    for (const std::uint32_t length : {0U, 15U, 17U, UINT32_MAX, UINT32_MAX - 2}) {
        CAPTURE(length);
        CHECK_FALSE(parse_messages(with_u32(whole, 0, length)));
    }
}

TEST_CASE("an attribute longer than its message, or shorter than its header, is refused") {
    MessageWriter writer(1, 0, 1);
    writer.u32(3, 5);
    const Bytes whole = writer.finish();
    for (const std::uint16_t length :
         {std::uint16_t{0}, std::uint16_t{3}, std::uint16_t{9}, std::uint16_t{UINT16_MAX}}) {
        CAPTURE(length);
        CHECK_FALSE(parse_attributes(ByteView(with_u16(whole, 16, length)).subspan(16)));
    }
    CHECK_FALSE(parse_attributes(ByteView(whole).subspan(16, 3)));
}

TEST_CASE("an attribute whose padding is missing at the end is read") {
    MessageWriter writer(1, 0, 1);
    writer.u8(3, 5);
    const Bytes whole = writer.finish();
    const auto attributes = parse_attributes(ByteView(whole).subspan(16, 5));
    REQUIRE(attributes);
    CHECK(attributes->front().u8() == 5);
}

TEST_CASE("an acknowledgement says success or errno") {
    CHECK(parse_one(acknowledgement(0)) == Acknowledgement{.sequence = 9, .text = {}});
    CHECK(parse_one(acknowledgement(-17)) ==
          Acknowledgement{.sequence = 9, .error_code = 17, .text = {}});
}

TEST_CASE("an acknowledgement carries the kernel's words, with and without the request") {
    MessageWriter capped(kTypeError, kFlagAckCapped | kFlagAckAttributes, 9);
    capped.body(ErrorBody{.code = -22, .request = {.length_bytes = 32, .sequence = 9}});
    capped.text(1, "no\nway");
    CHECK(parse_one(capped.finish()) ==
          Acknowledgement{.sequence = 9, .error_code = 22, .text = "no\\x0away"});

    MessageWriter whole(kTypeError, kFlagAckAttributes, 9);
    whole.body(ErrorBody{.code = -22, .request = {.length_bytes = 20, .sequence = 9}});
    whole.body(std::uint32_t{0});  // the rest of the request
    whole.text(1, "no way");
    CHECK(parse_one(whole.finish()) ==
          Acknowledgement{.sequence = 9, .error_code = 22, .text = "no way"});
}

TEST_CASE("an acknowledgement with an impossible code is refused") {
    CHECK_FALSE(parse_one(acknowledgement(1)));
    CHECK_FALSE(parse_one(acknowledgement(-4096)));
    CHECK_FALSE(parse_one(acknowledgement(INT32_MIN)));
}

TEST_CASE("an acknowledgement shorter than the request it repeats is refused") {
    CHECK_FALSE(parse_one(acknowledgement(-1, kFlagAckAttributes)));
    const Bytes tiny = with_u32(acknowledgement(-1, kFlagAckAttributes), 20, 15);
    CHECK_FALSE(parse_one(tiny));
    CHECK_FALSE(parse_one(MessageWriter(kTypeError, 0, 9).finish()));
    CHECK_FALSE(parse_one(MessageWriter(kTypeDone, 0, 9).finish()));
}

}  // namespace nbdroot::protocol::netlink
