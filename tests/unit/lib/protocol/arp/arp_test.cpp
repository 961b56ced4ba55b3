#include "lib/protocol/arp/arp.h"

#include "tests/support/catch.h"
#include "tests/support/hex.h"

namespace nbdroot::protocol::arp {
namespace {

using tests::from_hex;
using tests::to_hex;

constexpr Mac kMine{0x52, 0x54, 0, 0x12, 0x34, 0x56};
constexpr Mac kOther{2, 0, 0, 0, 0, 1};
constexpr std::uint32_t kAddress = 0x0a00020f;
constexpr auto* kReply = "0001 0800 06 04 0002 020000000001 0a00020f 525400123456 00000000";

}  // namespace

TEST_CASE("a probe is what RFC 5227 shows") {
    CHECK(to_hex(serialize(probe(kMine, kAddress))) ==
          "0001080006040001"
          "525400123456"
          "00000000"
          "000000000000"
          "0a00020f");
}

TEST_CASE("a reply is read, the padding of its frame is not") {
    const Packet expected{.operation = Operation::reply,
                          .sender_mac = kOther,
                          .sender = kAddress,
                          .target_mac = kMine,
                          .target = 0};
    CHECK(parse_packet(from_hex(kReply)) == expected);
    Bytes padded = from_hex(kReply);
    padded.resize(46);
    CHECK(parse_packet(padded) == expected);
}

TEST_CASE("a packet that is cut off is refused at every length") {
    const Bytes whole = from_hex(kReply);
    for (std::size_t length = 0; length < whole.size(); ++length) {
        CHECK_FALSE(parse_packet(ByteView(whole).first(length)));
    }
}

TEST_CASE("what is not IPv4 over Ethernet, or no question and no answer, is refused") {
    // byte, value
    const auto [place, value] = GENERATE(
        table<std::size_t, unsigned>({{1, 6}, {2, 0x86}, {4, 8}, {5, 16}, {7, 0}, {7, 3}, {6, 1}}));
    CAPTURE(place, value);
    Bytes bytes = from_hex(kReply);
    bytes[place] = static_cast<std::byte>(value);
    CHECK_FALSE(parse_packet(bytes));
}

TEST_CASE("who has the address, or asks for it at the same time, is in conflict") {
    const auto conflicts = [](const Packet& packet) {
        return is_conflict(packet, kMine, kAddress);
    };
    using Op = Operation;
    CHECK(conflicts({.operation = Op::reply, .sender_mac = kOther, .sender = kAddress}));
    CHECK(conflicts({.operation = Op::request, .sender_mac = kOther, .sender = kAddress}));
    CHECK(conflicts(probe(kOther, kAddress)));
    CHECK_FALSE(conflicts(probe(kMine, kAddress)));
    CHECK_FALSE(conflicts({.sender_mac = kMine, .sender = kAddress}));
    CHECK_FALSE(conflicts(probe(kOther, kAddress + 1)));
    // A neighbour that looks for whoever has the address has none of its own to defend.
    CHECK_FALSE(conflicts({.sender_mac = kOther, .sender = kAddress + 1, .target = kAddress}));
    CHECK_FALSE(conflicts({.operation = Op::reply, .sender_mac = kOther, .target = kAddress}));
}

}  // namespace nbdroot::protocol::arp
