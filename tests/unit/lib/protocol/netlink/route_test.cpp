#include "lib/protocol/netlink/route.h"

#include <bit>

#include "tests/support/catch.h"
#include "tests/support/hex.h"

namespace nbdroot::protocol::netlink {
namespace {

using tests::from_hex;
using tests::to_hex;

static_assert(std::endian::native == std::endian::little, "the golden bytes below are");

constexpr std::uint16_t kNewLink = 16;

template <class Parse>
auto parse(Parse parser, const Bytes& bytes) {
    const auto messages = parse_messages(bytes);
    REQUIRE(messages);
    REQUIRE(messages->size() == 1);
    return parser(messages->front());
}

// As Linux 6.1 tells of a virtio interface: header, ifinfomsg, name, MAC, MTU.
Bytes link_message(std::uint32_t flags) {
    MessageWriter writer(kNewLink, 0, 0);
    writer.body(std::uint32_t{0x00010000});  // family 0, Ethernet
    writer.body(std::int32_t{2});
    writer.body(flags);
    writer.body(std::uint32_t{0});
    writer.text(3, "eth0");
    writer.attribute(1, from_hex("525400123456"));
    writer.u32(4, 1500);
    return writer.finish();
}

}  // namespace

TEST_CASE("dump requests are what the kernel expects, byte for byte") {
    CHECK(to_hex(dump_request(RouteType::get_link, 1)) ==
          "20000000"
          "1200"
          "0103"
          "01000000"
          "00000000"
          "00000000"
          "00000000"
          "00000000"
          "00000000");
    CHECK(to_hex(dump_request(RouteType::get_address, 2)) ==
          "18000000"
          "1600"
          "0103"
          "02000000"
          "00000000"
          "02000000"
          "00000000");
    CHECK(to_hex(dump_request(RouteType::get_route, 3)) ==
          "1c000000"
          "1a00"
          "0103"
          "03000000"
          "00000000"
          "02000000"
          "00000000"
          "00000000");
}

TEST_CASE("change requests are what the kernel expects, byte for byte") {
    CHECK(to_hex(link_up_request(2, 4)) ==
          "20000000"
          "1000"
          "0500"
          "04000000"
          "00000000"
          "00000000"
          "02000000"
          "01000000"
          "01000000");
    CHECK(to_hex(link_mtu_request(2, 1400, 5)) ==
          "28000000"
          "1000"
          "0500"
          "05000000"
          "00000000"
          "00000000"
          "02000000"
          "00000000"
          "00000000"
          "0800"
          "0400"
          "78050000");
    CHECK(to_hex(add_address_request({.interface_index = 2,
                                      .address = 0x0a00020f,
                                      .length_bits = 24,
                                      .broadcast = 0x0a0002ff},
                                     6)) ==
          "30000000"
          "1400"
          "0505"
          "06000000"
          "00000000"
          "02180000"
          "02000000"
          "0800"
          "0200"
          "0a00020f"
          "0800"
          "0100"
          "0a00020f"
          "0800"
          "0400"
          "0a0002ff");
    CHECK(to_hex(add_route_request({.interface_index = 2, .gateway = 0x0a000202},
                                   OtherRoute::replaced, 7)) ==
          "2c000000"
          "1800"
          "0505"
          "07000000"
          "00000000"
          "02000000"
          "fe030001"
          "00000000"
          "0800"
          "0400"
          "02000000"
          "0800"
          "0500"
          "0a000202");
}

TEST_CASE("what is taken back names what was set") {
    CHECK(to_hex(link_down_request(2, 4)) ==
          "20000000"
          "1000"
          "0500"
          "04000000"
          "00000000"
          "00000000"
          "02000000"
          "00000000"
          "01000000");
    CHECK(to_hex(delete_address_request(
              {.interface_index = 2, .address = 0x0a00020f, .length_bits = 24}, 6)) ==
          "28000000"
          "1500"
          "0500"
          "06000000"
          "00000000"
          "02180000"
          "02000000"
          "0800"
          "0200"
          "0a00020f"
          "0800"
          "0100"
          "0a00020f");
    CHECK(to_hex(delete_route_request({.interface_index = 2, .gateway = 0x0a000202, .metric = 1026},
                                      7)) ==
          "34000000"
          "1900"
          "0500"
          "07000000"
          "00000000"
          "02000000"
          "fe030001"
          "00000000"
          "0800"
          "0400"
          "02000000"
          "0800"
          "0500"
          "0a000202"
          "0800"
          "0600"
          "02040000");
}

TEST_CASE("a link is given a name and a MAC") {
    const auto named = parse(parse_link, link_name_request(2, "lan0", 1));
    CHECK(named.value().name == "lan0");
    const Bytes mac = link_mac_request(2, Mac{0x52, 0x54, 0, 1, 2, 3}, 1);
    CHECK(to_hex(ByteView(mac).subspan(32)) ==
          "0a000100525400010203"
          "0000");
}

TEST_CASE("a route on the link has link scope, one to an unreachable gateway says so") {
    const auto on_link = parse(parse_route, add_route_request({.interface_index = 2,
                                                               .destination = 0x0a090000,
                                                               .length_bits = 16,
                                                               .source = 0x0a00020f},
                                                              OtherRoute::replaced, 1));
    REQUIRE(on_link);
    CHECK(*on_link == Route{.interface_index = 2,
                            .destination = 0x0a090000,
                            .length_bits = 16,
                            .source = 0x0a00020f});
    const Bytes bytes =
        add_route_request({.interface_index = 2, .gateway = 0x0a090001, .gateway_on_link = true},
                          OtherRoute::replaced, 1);
    CHECK(to_hex(ByteView(bytes).subspan(24, 4)) == "04000000");
    CHECK(parse(parse_route, bytes).value()->gateway_on_link);
}

TEST_CASE("a link is read with what the boot needs of it") {
    const auto link = parse(parse_link, link_message(0x11043));
    REQUIRE(link);
    CHECK(*link == Link{.index = 2,
                        .hardware_type = kHardwareEthernet,
                        .flags = 0x11043,
                        .name = "eth0",
                        .mac = Mac{0x52, 0x54, 0, 0x12, 0x34, 0x56},
                        .mtu_bytes = 1500});
    CHECK(link->is_ready());
    CHECK_FALSE(link->is_loopback());
}

TEST_CASE("a link is not ready before it is up, has a carrier and is admitted") {
    for (const std::uint32_t flags : {0x11042U, 0x1043U, 0x31043U, 0U}) {
        CAPTURE(flags);
        CHECK_FALSE(parse(parse_link, link_message(flags))->is_ready());
    }
}

TEST_CASE("a link with a carrier is ready although the kernel calls it running only later") {
    CHECK(parse(parse_link, link_message(0x11003))->is_ready());
}

TEST_CASE("a hardware address that is not of 6 bytes is no MAC") {
    MessageWriter writer(kNewLink, 0, 0);
    writer.body(std::uint32_t{0x00200000});  // InfiniBand
    writer.body(std::int32_t{3});
    writer.body(std::uint64_t{0});
    writer.text(3, "ib0");
    writer.attribute(1, Bytes(20));
    const auto link = parse(parse_link, writer.finish());
    REQUIRE(link);
    CHECK_FALSE(link->mac);
}

TEST_CASE("a part of a bond is known as such") {
    MessageWriter writer(kNewLink, 0, 0);
    writer.body(std::uint32_t{0x00010000});
    writer.body(std::int32_t{3});
    writer.body(std::uint64_t{0});
    writer.text(3, "eth1");
    writer.u32(10, 7);
    CHECK(parse(parse_link, writer.finish())->enslaved);
}

TEST_CASE("a port that leaves its bridge is no link that is gone") {
    Bytes bytes = link_message(0x11043);
    bytes[4] = std::byte{17};  // RTM_DELLINK
    CHECK(parse(parse_link, bytes));
    bytes[16] = std::byte{7};  // AF_BRIDGE
    CHECK_FALSE(parse(parse_link, bytes));
}

TEST_CASE("what was deleted is read like what was added") {
    const Address address{.interface_index = 2, .address = 0x0a00020f, .length_bits = 24};
    Bytes bytes = add_address_request(address, 1);
    bytes[4] = std::byte{21};  // RTM_DELADDR
    CHECK(parse(parse_address, bytes).value() == address);
    const Route route{.interface_index = 2, .gateway = 0x0a000202};
    bytes = add_route_request(route, OtherRoute::left, 1);
    bytes[4] = std::byte{25};  // RTM_DELROUTE
    CHECK(parse(parse_route, bytes).value() == route);
}

TEST_CASE("a route that leaves others alone does not ask to replace them") {
    const Route route{.interface_index = 2, .gateway = 0x0a000202};
    const Bytes replacing = add_route_request(route, OtherRoute::replaced, 7);
    const Bytes leaving = add_route_request(route, OtherRoute::left, 7);
    CHECK(to_hex(ByteView(replacing).subspan(6, 2)) == "0505");
    CHECK(to_hex(ByteView(leaving).subspan(6, 2)) == "0504");
}

TEST_CASE("an address that ends is known from one that does not") {
    for (const bool permanent : {true, false}) {
        Bytes bytes = add_address_request({.interface_index = 2, .address = 0x0a00020f}, 1);
        bytes[18] = permanent ? std::byte{0x80} : std::byte{0};
        CHECK(parse(parse_address, bytes).value()->permanent == permanent);
    }
}

TEST_CASE("a link without name or index is refused") {
    MessageWriter nameless(kNewLink, 0, 0);
    nameless.body(std::uint32_t{0x00010000});
    nameless.body(std::int32_t{3});
    nameless.body(std::uint64_t{0});
    CHECK_FALSE(parse(parse_link, nameless.finish()));
    MessageWriter nowhere(kNewLink, 0, 0);
    nowhere.body(std::uint32_t{0x00010000});
    nowhere.body(std::int32_t{0});
    nowhere.body(std::uint64_t{0});
    nowhere.text(3, "eth0");
    CHECK_FALSE(parse(parse_link, nowhere.finish()));
}

TEST_CASE("messages shorter than their fixed body are refused") {
    MessageWriter writer(kNewLink, 0, 0);
    writer.body(std::uint32_t{2});
    const Bytes bytes = writer.finish();
    CHECK_FALSE(parse(parse_link, bytes));
    CHECK_FALSE(parse(parse_address, bytes));
    CHECK_FALSE(parse(parse_route, bytes));
}

TEST_CASE("an address is read back, one of another family is passed over") {
    const Address address{
        .interface_index = 2, .address = 0x0a00020f, .length_bits = 24, .broadcast = 0x0a0002ff};
    CHECK(parse(parse_address, add_address_request(address, 1)).value() == address);
    Address with_peer = address;
    with_peer.peer = 0x0a000301;
    CHECK(parse(parse_address, add_address_request(with_peer, 1)).value() == with_peer);
    MessageWriter v6(20, 0, 0);
    v6.body(std::uint64_t{10});
    CHECK_FALSE(parse(parse_address, v6.finish()).value());
}

TEST_CASE("an address attribute that is not of 4 bytes is refused") {
    for (const std::size_t size : {0U, 3U, 5U, 16U}) {
        CAPTURE(size);
        MessageWriter writer(20, 0, 0);
        writer.body(std::uint64_t{2});
        writer.attribute(2, Bytes(size));
        CHECK_FALSE(parse(parse_address, writer.finish()));
    }
}

TEST_CASE("a route is read back with its metric") {
    const Route route{.interface_index = 2, .gateway = 0x0a000202, .metric = 1026};
    CHECK(parse(parse_route, add_route_request(route, OtherRoute::replaced, 1)).value() == route);
}

TEST_CASE("routes of other tables and kinds are passed over") {
    Bytes local = add_route_request({.interface_index = 1, .destination = 0x7f000000},
                                    OtherRoute::replaced, 1);
    local[20] = std::byte{255};  // table local
    CHECK_FALSE(parse(parse_route, local).value());
    Bytes unreachable = add_route_request({.interface_index = 1}, OtherRoute::replaced, 1);
    unreachable[23] = std::byte{7};
    CHECK_FALSE(parse(parse_route, unreachable).value());
}

}  // namespace nbdroot::protocol::netlink
