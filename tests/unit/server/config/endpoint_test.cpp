#include "server/config/endpoint.h"

#include <string>

#include "tests/support/catch.h"

using nbdroot::server::config::Endpoint;
using nbdroot::server::config::parse_endpoint;

TEST_CASE("endpoints with and without address are understood") {
    const auto [text, ip, port] = GENERATE(table<std::string, std::string, int>({
        {"1234", "", 1234},
        {"0", "", 0},
        {"65535", "", 65535},
        {"10.0.0.1:1234", "10.0.0.1", 1234},
        {"[fd00::1]:1234", "fd00::1", 1234},
        {"[::]:1", "::", 1},
    }));
    CHECK(parse_endpoint(text) == Endpoint{ip, static_cast<std::uint16_t>(port)});
}

TEST_CASE("endpoints that cannot be meant are refused with the reason") {
    const auto [text, message] = GENERATE(table<std::string, std::string>({
        {"", "port '': not a number from 0 to 65535"},
        {"65536", "port '65536': not a number from 0 to 65535"},
        {"-1", "port '-1': not a number from 0 to 65535"},
        {"12x", "port '12x': not a number from 0 to 65535"},
        {"10.0.0.1:", "port '': not a number from 0 to 65535"},
        {"10.0.0.1", "port '10.0.0.1': not a number from 0 to 65535"},
        {":1234", "address '': not an IPv4 or IPv6 address in numbers; names are not looked up"},
        {"host:1234",
         "address 'host': not an IPv4 or IPv6 address in numbers; names are not looked up"},
        {"::1:1234", "address '::1:1234': an IPv6 address is written in brackets: [ADDRESS]:PORT"},
    }));
    const auto endpoint = parse_endpoint(text);
    REQUIRE_FALSE(endpoint);
    CHECK(endpoint.error().message() == message);
}
