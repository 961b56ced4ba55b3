#include "lib/sys/socket_address.h"

#include <cstring>

#include "tests/support/catch.h"

using namespace nbdroot;

TEST_CASE("an address is the same from bytes, from a number and from text") {
    const auto parsed = sys::parse_socket_address("10.0.2.15", 10809).value();
    const auto number = sys::make_socket_address(0x0a00020f, 10809);
    REQUIRE(number.length == parsed.length);
    REQUIRE(std::memcmp(&number.storage, &parsed.storage, parsed.length) == 0);
    REQUIRE(sys::format_host(parsed) == "10.0.2.15");
    REQUIRE(sys::spell_host(parsed) == "10.0.2.15");

    const auto v6 = sys::parse_socket_address("fd00::1", 10809).value();
    Bytes bytes(16);
    bytes[0] = std::byte{0xfd};
    bytes[15] = std::byte{1};
    const auto made = sys::make_socket_address(bytes, 10809);
    REQUIRE(made.length == v6.length);
    REQUIRE(std::memcmp(&made.storage, &v6.storage, v6.length) == 0);
    REQUIRE(sys::format_host(v6) == "fd00::1");
    REQUIRE(sys::spell_host(v6) == "fd00:0000:0000:0000:0000:0000:0000:0001");
}
