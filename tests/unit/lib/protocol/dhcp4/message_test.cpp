#include "lib/protocol/dhcp4/message.h"

#include "tests/support/catch.h"
#include "tests/support/hex.h"

namespace nbdroot::protocol::dhcp4 {
namespace {

using tests::from_hex;
using tests::to_hex;

constexpr std::size_t kServerNameAt = 44;
constexpr std::size_t kFileAt = 108;
constexpr std::size_t kOptionsAt = 240;

// A reply to 52:54:00:12:34:56, whose options are OPTIONS in hexadecimal.
Bytes reply(std::string_view options) {
    Bytes bytes =
        from_hex("02 01 06 00 3903f326 0000 0000 00000000 0a00020f 0a000202 00000000 525400123456");
    bytes.resize(kOptionsAt - 4);
    for (const std::byte byte : from_hex("63825363")) bytes.push_back(byte);
    for (const std::byte byte : from_hex(options)) bytes.push_back(byte);
    return bytes;
}

Bytes with(Bytes bytes, std::size_t at, std::string_view hex) {
    for (const std::byte byte : from_hex(hex)) bytes.at(at++) = byte;
    return bytes;
}

std::string reason_of(const Bytes& bytes) {
    const auto message = parse_message(bytes);
    return message ? "" : message.error().reason;
}

}  // namespace

TEST_CASE("a request is what goes on the wire, byte for byte") {
    Message message;
    message.transaction = 0x3903f326;
    message.seconds = 3;
    message.broadcast = true;
    message.mac = {0x52, 0x54, 0, 0x12, 0x34, 0x56};
    message.add_u8(OptionCode::message_type, 1);
    message.add_u16(OptionCode::maximum_size, 1472);
    message.add_u32(OptionCode::requested_address, 0x0a00020f);
    const std::string hex = to_hex(serialize(message));
    CHECK(hex.substr(0, 68) ==
          "01010600"
          "3903f326"
          "00038000"
          "00000000"
          "00000000"
          "00000000"
          "00000000"
          "525400123456");
    CHECK(hex.substr(68, 404) == std::string(404, '0'));
    CHECK(hex.substr(472) ==
          "63825363"
          "350101"
          "390205c0"
          "32040a00020f"
          "ff" +
              std::string((300 - 240 - 14) * 2, '0'));
}

TEST_CASE("what is written is read back, an option of more than 255 bytes too") {
    Message message{.is_reply = true,
                    .transaction = 7,
                    .seconds = 1,
                    .broadcast = false,
                    .client_address = 1,
                    .your_address = 2,
                    .server_address = 3,
                    .relay_address = 4,
                    .mac = {1, 2, 3, 4, 5, 6},
                    .options = {}};
    message.add(OptionCode::root_path, Bytes(600, std::byte{'r'}));
    message.add_u8(OptionCode::message_type, 2);
    message.add(OptionCode::host_name, {});
    const auto read = parse_message(serialize(message));
    REQUIRE(read);
    CHECK(*read == message);
}

TEST_CASE("numbers are read at their own length only") {
    Message message;
    message.add_u16(OptionCode::mtu, 1400);
    CHECK(message.u16(OptionCode::mtu) == 1400);
    CHECK_FALSE(message.u8(OptionCode::mtu));
    CHECK_FALSE(message.u32(OptionCode::mtu));
    CHECK_FALSE(message.u32(OptionCode::router));
}

TEST_CASE("unknown options and padding are skipped") {
    const auto message = parse_message(reply("00 00 e0 03 010203 35 01 02 ff 63 ff"));
    REQUIRE(message);
    CHECK(message->u8(OptionCode::message_type) == 2);
    CHECK(message->options.size() == 2);
}

TEST_CASE("options without an end option are read") {
    CHECK(parse_message(reply("35 01 05"))->u8(OptionCode::message_type) == 5);
}

TEST_CASE("option overload brings options from file and server name, the file first") {
    Bytes bytes = reply("34 01 03 11 01 61 ff");
    bytes = with(std::move(bytes), kFileAt, "11 01 62 ff");
    bytes = with(std::move(bytes), kServerNameAt, "11 01 63 0c 01 68 ff");
    const auto message = parse_message(bytes);
    REQUIRE(message);
    CHECK(base::as_text(*message->find(OptionCode::root_path)) == "abc");
    CHECK(base::as_text(*message->find(OptionCode::host_name)) == "h");
    CHECK(message->options.size() == 2);
}

TEST_CASE("an overload option inside an overloaded field means nothing") {
    Bytes bytes = reply("34 01 01 ff");
    bytes = with(std::move(bytes), kFileAt, "34 01 03 ff");
    bytes = with(std::move(bytes), kServerNameAt, "11 ff");
    const auto message = parse_message(bytes);
    REQUIRE(message);
    CHECK(message->options.empty());
}

TEST_CASE("file and server name that carry no options are not read as options") {
    const Bytes file = with(reply("34 01 02 ff"), kFileAt, "11 ff");
    CHECK(reason_of(file).empty());
    const Bytes name = with(reply("34 01 01 ff"), kServerNameAt, "11 ff");
    CHECK(reason_of(name).empty());
    CHECK(reason_of(with(reply("ff"), kFileAt, "11 ff")).empty());
}

TEST_CASE("an option that is cut off is refused, also in overloaded fields") {
    CHECK(reason_of(reply("35")) == "option 53 without length");
    CHECK(reason_of(reply("35 02 01")) == "option 53 of 2 bytes, 1 left");
    CHECK(reason_of(with(reply("34 01 01 ff"), kFileAt, "11 80")) ==
          "option 17 of 128 bytes, 126 left");
    CHECK(reason_of(with(reply("34 01 02 ff"), kServerNameAt, "11 3f")) ==
          "option 17 of 63 bytes, 62 left");
}

TEST_CASE("an overload option that is not 1, 2 or 3 is refused") {
    for (const auto* options : {"34 01 00 ff", "34 01 04 ff", "34 00 ff", "34 02 01 01 ff"}) {
        CAPTURE(options);
        CHECK(reason_of(reply(options)) == "option 52 (overload) is not 1, 2 or 3");
    }
}

TEST_CASE("a message shorter than its fixed part is refused") {
    const Bytes whole = reply("");
    for (const std::size_t size : {0U, 1U, 236U, 239U}) {
        CHECK_FALSE(parse_message(ByteView(whole).first(size)));
    }
    CHECK(parse_message(whole));
}

TEST_CASE("a message without cookie, of another hardware or operation is refused") {
    CHECK(reason_of(with(reply("ff"), 236, "63825364")) == "no DHCP cookie");
    CHECK(reason_of(with(reply("ff"), 0, "03")) == "operation 3");
    CHECK(reason_of(with(reply("ff"), 1, "20")) == "hardware type 32 with addresses of 6 bytes");
    CHECK(reason_of(with(reply("ff"), 2, "10")) == "hardware type 1 with addresses of 16 bytes");
}

}  // namespace nbdroot::protocol::dhcp4
