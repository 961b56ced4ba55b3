#include "lib/base/ipv4.h"

#include "tests/support/catch.h"

using namespace nbdroot::base;

TEST_CASE("IPv4 addresses are read in host byte order and printed back") {
    CHECK(parse_ipv4("10.0.2.15") == 0x0a00020f);
    CHECK(parse_ipv4("0.0.0.0") == 0);
    CHECK(parse_ipv4("255.255.255.255") == 0xffffffff);
    CHECK(format_ipv4(0x0a00020f) == "10.0.2.15");
    CHECK(format_ipv4(0xffffffff) == "255.255.255.255");
    CHECK(format_ipv4(0) == "0.0.0.0");
}

TEST_CASE("text that is no dotted quad is no IPv4 address") {
    for (const auto* wrong :
         {"", "10", "10.0.2", "10.0.2.", ".0.2.15", "10.0.2.256", "10.0.2.15.1", "10.0.2.0015",
          "10.0.2.-1", "10.0.2.1 ", "0x0a.0.2.15", "10.0.2.1a", "::1", "10..2.15"}) {
        CAPTURE(wrong);
        CHECK_FALSE(parse_ipv4(wrong).has_value());
    }
}

TEST_CASE("every prefix length gives a mask that gives the length back") {
    for (unsigned bits = 0; bits <= 32; ++bits) {
        CAPTURE(bits);
        CHECK(ipv4_mask_length(ipv4_mask(bits)) == bits);
    }
    CHECK(ipv4_mask(24) == 0xffffff00);
    CHECK(ipv4_mask(0) == 0);
    CHECK(ipv4_mask(32) == 0xffffffff);
}

TEST_CASE("a mask with a hole in its ones is refused") {
    CHECK_FALSE(ipv4_mask_length(0xff00ff00).has_value());
    CHECK_FALSE(ipv4_mask_length(0x000000ff).has_value());
    CHECK_FALSE(parse_ipv4_mask("255.0.255.0").has_value());
}

TEST_CASE("a mask is a dotted quad or a prefix length") {
    CHECK(parse_ipv4_mask("255.255.255.0") == 24);
    CHECK(parse_ipv4_mask("255.255.255.255") == 32);
    CHECK(parse_ipv4_mask("24") == 24);
    CHECK(parse_ipv4_mask("0") == 0);
    for (const auto* wrong : {"", "33", "/24", "255.255.255", "-1", "24x"}) {
        CAPTURE(wrong);
        CHECK_FALSE(parse_ipv4_mask(wrong).has_value());
    }
}

TEST_CASE("an address without a mask has its class's, multicast has none") {
    CHECK(ipv4_class_length(0x0a000001) == 8);
    CHECK(ipv4_class_length(0x7fffffff) == 8);
    CHECK(ipv4_class_length(0xac100001) == 16);
    CHECK(ipv4_class_length(0xc0a80001) == 24);
    CHECK_FALSE(ipv4_class_length(0xe0000001).has_value());
}

TEST_CASE("this host, loopback, multicast and broadcast are no interface's address") {
    for (const std::uint32_t host : {0x0a00020fU, 0x01000000U, 0xc0a80001U, 0xdfffffffU}) {
        CAPTURE(host);
        CHECK(is_ipv4_host(host));
    }
    for (const std::uint32_t other : {0U, 0x00000001U, 0x7f000001U, 0xe0000001U, 0xffffffffU}) {
        CAPTURE(other);
        CHECK_FALSE(is_ipv4_host(other));
    }
}
