#include "lib/protocol/dns/name.h"

#include "tests/support/catch.h"
#include "tests/support/hex.h"

namespace nbdroot::protocol::dns {
namespace {

using tests::from_hex;
using tests::to_hex;

std::string wire_of(std::string_view text) {
    const auto name = parse_name(text);
    return name ? to_hex(base::as_bytes(name->wire)) : "none";
}

// Labels of SIZE bytes, COUNT of them.
std::string long_name(std::size_t size, std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += std::string(size, 'a') + ".";
    return text;
}

}  // namespace

TEST_CASE("a name as text becomes labels in lower case") {
    const auto [text, wire] = GENERATE(table<std::string, std::string>({
        {"boot", "04626f6f7400"},
        {"boot.", "04626f6f7400"},
        {"Boot.LAN", "04626f6f74036c616e00"},
        {"_nbd._tcp.a-1.b", "045f6e6264045f74637003612d31016200"},
    }));
    CAPTURE(text);
    CHECK(wire_of(text) == wire);
}

TEST_CASE("a text that is no name is refused") {
    const auto text = GENERATE(as<std::string>(), "", ".", "..", ".boot", "boot..lan", "boot lan",
                               "boot/lan", "b\xc3\xb6ot", "a\\.b");
    CAPTURE(text);
    CHECK(wire_of(text) == "none");
}

TEST_CASE("a label has 63 bytes at most, a name 255 with its lengths") {
    CHECK(parse_name(std::string(63, 'a')).has_value());
    CHECK_FALSE(parse_name(std::string(64, 'a')).has_value());
    CHECK(parse_name(long_name(62, 4)).has_value());        // 4 * 63 + 1
    CHECK(parse_name(long_name(62, 4) + "b").has_value());  // 255
    CHECK_FALSE(parse_name(long_name(62, 4) + "bc").has_value());
}

TEST_CASE("a name is read from a message") {
    struct Case {
        const char* defect;
        const char* message;
        std::size_t offset;
        const char* wire;  // "none": refused
        std::size_t end;
    };
    const auto row = GENERATE(values<Case>({
        {"in one piece", "04626f6f7400 ff", 0, "04626f6f7400", 6},
        {"upper case", "04424f4f5400", 0, "04626f6f7400", 6},
        {"the root", "00", 0, "00", 1},
        {"refers back", "036c616e00 0162c000 ff", 5, "0162036c616e00", 9},
        {"is a reference alone", "036c616e00 c000", 5, "036c616e00", 7},
        {"refers to a reference", "036c616e00 c000 0161c005", 7, "0161036c616e00", 11},
        {"refers to itself", "c000", 0, "none", 0},
        {"refers forwards", "c002 00", 0, "none", 0},
        {"goes round through a label", "0161c000", 0, "none", 0},
        {"goes round through two references", "0161c004 c000", 4, "none", 0},
        {"a reference of one byte", "00 c0", 1, "none", 0},
        {"a reference beyond the message", "c0ff", 0, "none", 0},
        {"ends within a label", "04626f", 0, "none", 0},
        {"ends without a zero", "0161", 0, "none", 0},
        {"begins beyond the message", "00", 1, "none", 0},
        {"a length of the reserved kind 0x40", "41 61 00", 0, "none", 0},
        {"a length of the reserved kind 0x80", "81 61 00", 0, "none", 0},
    }));
    CAPTURE(row.defect);
    const Bytes message = from_hex(row.message);
    const auto read = read_name(message, row.offset);
    CHECK((read ? to_hex(base::as_bytes(read->name.wire)) : "none") == row.wire);
    CHECK((read ? read->end : 0) == row.end);
}

// 255 bytes are reached by references to ever longer names, each one back.
TEST_CASE("a name that grows by references is refused once it is too long") {
    Bytes message = from_hex("00");
    std::size_t previous = 0;
    std::size_t refused = 0;
    for (int i = 0; i < 200 && refused == 0; ++i) {
        const std::size_t at = message.size();
        ByteWriter writer(message);
        writer.text(std::string_view("\1a", 2));
        writer.be_u16(static_cast<std::uint16_t>(0xc000 | previous));
        const auto read = read_name(message, at);
        if (!read) refused = static_cast<std::size_t>(i) + 1;
        previous = at;
    }
    CHECK(refused == 128);  // 127 labels of 2 bytes and the zero are 255
}

}  // namespace nbdroot::protocol::dns
