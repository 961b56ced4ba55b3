#include "lib/protocol/dhcp4/packet.h"

#include "tests/support/catch.h"
#include "tests/support/hex.h"

namespace nbdroot::protocol::dhcp4 {
namespace {

using tests::from_hex;
using tests::to_hex;

Bytes with_byte(Bytes bytes, std::size_t at, std::uint8_t value) {
    bytes.at(at) = std::byte{value};
    return bytes;
}

// The IPv4 header's checksum filled in anew.
Bytes summed(Bytes bytes) {
    bytes[10] = bytes[11] = std::byte{0};
    const std::uint16_t checksum = internet_checksum(ByteView(bytes).first(20));
    bytes[10] = static_cast<std::byte>(checksum >> 8);
    bytes[11] = static_cast<std::byte>(checksum & 255);
    return bytes;
}

// From 10.0.2.2:67 to 10.0.2.15:68, payload "abc", no UDP checksum.
Bytes offer() {
    return summed(
        from_hex("4500001f 00000000 40110000 0a000202 0a00020f"
                 "0043 0044 000b 0000 616263"));
}

std::string reason_of(const Bytes& packet, UdpChecksum checksum = UdpChecksum::filled_in) {
    const auto payload = unwrap(packet, checksum);
    return payload ? "" : payload.error().reason;
}

}  // namespace

TEST_CASE("the checksum is that of RFC 1071, also over an odd number of bytes") {
    CHECK(internet_checksum(from_hex("0001 f203 f4f5 f6f7")) == 0x220d);
    CHECK(internet_checksum(from_hex("01")) == 0xfeff);
    CHECK(internet_checksum({}) == 0xffff);
}

TEST_CASE("a broadcast is what goes on the wire, byte for byte") {
    const Bytes packet = wrap_broadcast(from_hex("616263"));
    CHECK(to_hex(packet) ==
          "4500001f0000000040117acf00000000ffffffff"
          "00440043000b3aef616263");
    CHECK(internet_checksum(ByteView(packet).first(20)) == 0);
}

TEST_CASE("a checksum that comes out as 0 is sent as its other form") {
    // 0 would tell the receiver that there is none; two bytes of data reach every sum.
    bool found = false;
    for (unsigned word = 0; word <= UINT16_MAX && !found; ++word) {
        const Bytes payload{static_cast<std::byte>(word >> 8), static_cast<std::byte>(word & 255)};
        const Bytes packet = wrap_broadcast(payload);
        REQUIRE((packet[26] != std::byte{0} || packet[27] != std::byte{0}));
        found = packet[26] == std::byte{0xff} && packet[27] == std::byte{0xff};
    }
    CHECK(found);
}

TEST_CASE("an offer is unwrapped, whatever lies behind it in the frame") {
    Bytes packet = offer();
    packet.resize(46);  // the shortest Ethernet frame
    const auto payload = unwrap(packet, UdpChecksum::filled_in);
    REQUIRE(payload);
    CHECK(base::as_text(*payload) == "abc");
}

TEST_CASE("a header with IP options is stepped over") {
    const Bytes packet =
        summed(from_hex("46000023 00000000 40110000 0a000202 0a00020f 01010101"
                        "0043 0044 000b 0000 616263"));
    Bytes right = packet;
    right[10] = right[11] = std::byte{0};
    const std::uint16_t checksum = internet_checksum(ByteView(right).first(24));
    right[10] = static_cast<std::byte>(checksum >> 8);
    right[11] = static_cast<std::byte>(checksum & 255);
    CHECK(reason_of(packet) == "IPv4 checksum wrong");
    CHECK(base::as_text(unwrap(right, UdpChecksum::filled_in).value()) == "abc");
}

TEST_CASE("a wrong UDP checksum is refused, unless it is not filled in yet") {
    const Bytes packet = with_byte(offer(), 27, 1);
    CHECK(reason_of(packet) == "UDP checksum wrong");
    CHECK(reason_of(packet, UdpChecksum::not_yet).empty());
    // Computed by another program.
    const Bytes right = with_byte(with_byte(offer(), 26, 0x22), 27, 0xde);
    CHECK(reason_of(right).empty());
}

TEST_CASE("packets with lengths that do not fit are refused") {
    const Bytes packet = offer();
    for (std::size_t size = 0; size < packet.size(); ++size) {
        CAPTURE(size);
        CHECK_FALSE(unwrap(ByteView(packet).first(size), UdpChecksum::filled_in));
    }
    CHECK_FALSE(reason_of(summed(with_byte(packet, 0, 0x44))).empty());  // header of 16
    CHECK_FALSE(reason_of(summed(with_byte(packet, 0, 0x4f))).empty());  // of 60, packet of 31
    CHECK_FALSE(reason_of(summed(with_byte(packet, 3, 19))).empty());    // packet of 19
    CHECK(reason_of(summed(with_byte(packet, 3, 27))) == "UDP header cut off");
    CHECK_FALSE(reason_of(with_byte(packet, 25, 7)).empty());   // UDP length of 7
    CHECK_FALSE(reason_of(with_byte(packet, 25, 12)).empty());  // of 12, 11 are there
}

TEST_CASE("packets that are not ours are refused") {
    const Bytes packet = offer();
    CHECK(reason_of(summed(with_byte(packet, 0, 0x65))) == "not IPv4");
    CHECK(reason_of(summed(with_byte(packet, 6, 0x20))) == "fragmented");
    CHECK(reason_of(summed(with_byte(packet, 7, 1))) == "fragmented");
    CHECK(reason_of(summed(with_byte(packet, 9, 6))) == "IP protocol 6, not UDP");
    CHECK(reason_of(with_byte(packet, 23, 67)) == "for port 67");
    CHECK(reason_of(with_byte(packet, 8, 1)) == "IPv4 checksum wrong");
}

}  // namespace nbdroot::protocol::dhcp4
