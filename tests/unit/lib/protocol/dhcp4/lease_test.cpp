#include "lib/protocol/dhcp4/lease.h"

#include "tests/support/catch.h"
#include "tests/support/hex.h"

namespace nbdroot::protocol::dhcp4 {
namespace {

using tests::from_hex;

Message offer() {
    Message message;
    message.is_reply = true;
    message.your_address = 0x0a00020f;
    message.add_u32(OptionCode::server_identifier, 0x0a000202);
    message.add_u32(OptionCode::lease_seconds, 86400);
    return message;
}

Message offer_with(OptionCode code, std::string_view hex) {
    Message message = offer();
    message.add(code, from_hex(hex));
    return message;
}

Message offer_with_text(OptionCode code, std::string_view text) {
    Message message = offer();
    message.add(code, base::as_bytes(text));
    return message;
}

Lease lease_of(const Message& message) {
    const auto lease = read_lease(message);
    REQUIRE(lease);
    return *lease;
}

}  // namespace

TEST_CASE("every option that a boot needs is read") {
    Message message = offer();
    message.add_u32(OptionCode::subnet_mask, 0xfffffe00);
    message.add(OptionCode::router, from_hex("0a000202 0a000203"));
    message.add(OptionCode::name_servers, from_hex("0a000203 08080808"));
    message.add(OptionCode::host_name, base::as_bytes("client-1"));
    message.add(OptionCode::domain_name, base::as_bytes("example.org"));
    message.add(OptionCode::domain_search, from_hex("0161 00"));
    message.add(OptionCode::time_servers, from_hex("0a000204"));
    message.server_address = 0x0a000205;
    message.add(OptionCode::root_path, base::as_bytes(std::string_view("nbd://10.0.0.1/\0", 16)));
    message.add_u16(OptionCode::mtu, 1400);
    message.add_u32(OptionCode::broadcast_address, 0x0a0003ff);
    message.add_u32(OptionCode::renewal_seconds, 100);
    message.add_u32(OptionCode::rebinding_seconds, 200);
    CHECK(lease_of(message) == Lease{.address = 0x0a00020f,
                                     .length_bits = 23,
                                     .broadcast = 0x0a0003ff,
                                     .server = 0x0a000202,
                                     .routes = {{.gateway = 0x0a000202}},
                                     .name_servers = {0x0a000203, 0x08080808},
                                     .host_name = "client-1",
                                     .domain_name = "example.org",
                                     .search = {"a"},
                                     .time_servers = {0x0a000204},
                                     .root_path = "nbd://10.0.0.1/",
                                     .next_server = 0x0a000205,
                                     .mtu_bytes = 1400,
                                     .lease_seconds = 86400,
                                     .renewal_seconds = 100,
                                     .rebinding_seconds = 200});
}

TEST_CASE("a lease without server identifier is refused") {
    Message message;
    message.your_address = 0x0a00020f;
    CHECK(read_lease(message).error().reason == "no server identifier (option 54)");
    message.add(OptionCode::server_identifier, from_hex("0a0002"));
    CHECK_FALSE(read_lease(message));
}

TEST_CASE("an address that no machine can have is refused") {
    for (const std::uint32_t address : {0U, 0x7f000001U, 0xe0000001U, UINT32_MAX}) {
        CAPTURE(address);
        Message message = offer();
        message.your_address = address;
        CHECK_FALSE(read_lease(message));
    }
}

TEST_CASE("a lease of no time is refused, one without time is taken for an hour") {
    Message message;
    message.your_address = 0x0a00020f;
    message.add_u32(OptionCode::server_identifier, 0x0a000202);
    CHECK(lease_of(message).lease_seconds == 3600);
    message.add_u32(OptionCode::lease_seconds, 0);
    CHECK(read_lease(message).error().reason == "lease of 0 seconds");
}

TEST_CASE("without a usable mask the address's class decides") {
    CHECK(lease_of(offer()).length_bits == 8);
    for (const auto* mask : {"ff00ff00", "00000000", "ffffff", "ffffff0000"}) {
        CAPTURE(mask);
        CHECK(lease_of(offer_with(OptionCode::subnet_mask, mask)).length_bits == 8);
    }
    CHECK(lease_of(offer_with(OptionCode::subnet_mask, "ffffffff")).length_bits == 32);
}

TEST_CASE("T1 and T2 are computed where the server's are missing or out of order") {
    const auto times_of = [](std::uint32_t lease, std::uint32_t t1, std::uint32_t t2) {
        Message message;
        message.your_address = 0x0a00020f;
        message.add_u32(OptionCode::server_identifier, 0x0a000202);
        message.add_u32(OptionCode::lease_seconds, lease);
        if (t1 != 0) message.add_u32(OptionCode::renewal_seconds, t1);
        if (t2 != 0) message.add_u32(OptionCode::rebinding_seconds, t2);
        const Lease read = lease_of(message);
        return std::pair(read.renewal_seconds, read.rebinding_seconds);
    };
    const std::pair computed(500U, 875U);
    CHECK(times_of(1000, 0, 0) == computed);
    CHECK(times_of(1000, 100, 0) == computed);
    CHECK(times_of(1000, 600, 400) == computed);
    CHECK(times_of(1000, 400, 1000) == computed);
    CHECK(times_of(1000, 400, 400) == computed);
    CHECK(times_of(1000, 400, 999) == std::pair(400U, 999U));
    CHECK(times_of(kForEver, 400, 999) == std::pair(kForEver, kForEver));
    CHECK(times_of(1, 0, 0) == std::pair(0U, 0U));
    // Some time is left for rebinding.
    CHECK(times_of(6, 0, 0) == std::pair(3U, 5U));
    CHECK(times_of(kForEver - 1, 0, 0) == std::pair(0x7fffffffU, 0xdffffffeU));
}

TEST_CASE("classless routes win over the router, byte for byte as RFC 3442 has them") {
    Message message = offer_with(OptionCode::classless_routes,
                                 "00 0a000201  08 0a 0a000202  18 0a1102 0a000203"
                                 "19 0a110280 0a000204  20 a9fea9fe 00000000");
    message.add(OptionCode::router, from_hex("0a000209"));
    CHECK(lease_of(message).routes ==
          std::vector<LeaseRoute>{
              {.destination = 0, .length_bits = 0, .gateway = 0x0a000201},
              {.destination = 0x0a000000, .length_bits = 8, .gateway = 0x0a000202},
              {.destination = 0x0a110200, .length_bits = 24, .gateway = 0x0a000203},
              {.destination = 0x0a110280, .length_bits = 25, .gateway = 0x0a000204},
              {.destination = 0xa9fea9fe, .length_bits = 32, .gateway = 0}});
}

TEST_CASE("classless routes that are damaged count as not given") {
    for (const auto* value : {"21 0a000000 0a000202", "18 0a00", "18 0a0002 0a0002", "00", ""}) {
        CAPTURE(value);
        Message message = offer_with(OptionCode::classless_routes, value);
        message.add(OptionCode::router, from_hex("0a000209"));
        CHECK(lease_of(message).routes == std::vector<LeaseRoute>{{.gateway = 0x0a000209}});
    }
}

TEST_CASE("bits behind a route's length are cleared, the kernel would refuse it") {
    const auto lease = lease_of(offer_with(OptionCode::classless_routes, "04 ff 0a000202"));
    CHECK(lease.routes.front().destination == 0xf0000000);
}

TEST_CASE("a server cannot hand out routes or name servers without end") {
    std::string routes;
    for (int i = 0; i < 65; ++i) routes += "00 0a000202";
    CHECK(lease_of(offer_with(OptionCode::classless_routes, routes)).routes.empty());
    std::string servers;
    for (int i = 0; i < 60; ++i) servers += "0a000203";
    CHECK(lease_of(offer_with(OptionCode::name_servers, servers)).name_servers.size() == 8);
}

TEST_CASE("addresses in an option that is no multiple of 4 count as not given") {
    CHECK(lease_of(offer_with(OptionCode::router, "0a0002")).routes.empty());
    CHECK(lease_of(offer_with(OptionCode::name_servers, "0a00020308")).name_servers.empty());
    CHECK(lease_of(offer_with(OptionCode::router, "00000000")).routes.empty());
}

TEST_CASE("a next server that no machine can be counts as not given") {
    Message message = offer();
    message.server_address = UINT32_MAX;
    CHECK(lease_of(message).next_server == 0);
}

TEST_CASE("an MTU that cannot be meant counts as not given") {
    CHECK(lease_of(offer_with(OptionCode::mtu, "0044")).mtu_bytes == 0);
    CHECK(lease_of(offer_with(OptionCode::mtu, "0240")).mtu_bytes == 576);
    CHECK(lease_of(offer_with(OptionCode::mtu, "05")).mtu_bytes == 0);
}

TEST_CASE("a host name that would do harm in a file counts as not given") {
    for (const auto* name : {"a b", "a\nb", "../x/", "-x", ".x", "a;b", "\xc3\xa4"}) {
        CAPTURE(name);
        CHECK(lease_of(offer_with_text(OptionCode::host_name, name)).host_name.empty());
        CHECK(lease_of(offer_with_text(OptionCode::domain_name, name)).domain_name.empty());
    }
    const std::string longest(253, 'a');
    CHECK(lease_of(offer_with_text(OptionCode::host_name, longest)).host_name == longest);
    CHECK(lease_of(offer_with_text(OptionCode::host_name, longest + "a")).host_name.empty());
}

}  // namespace nbdroot::protocol::dhcp4
