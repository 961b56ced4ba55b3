#include "server/config/address_pattern.h"

#include "tests/support/catch.h"

using namespace nbdroot;
using namespace nbdroot::server::config;
using Style = AddressPattern::Style;

TEST_CASE("each style puts the client's address into the path") {
    const auto [style, path, address, expected] =
        GENERATE(table<const char*, const char*, const char*, const char*>({
            {"ipliteral", "/srv/%s.img", "10.1.2.3", "/srv/10.1.2.3.img"},
            {"ipliteral", "/srv/%s.img", "::ffff:10.1.2.3", "/srv/10.1.2.3.img"},
            {"ipliteral", "/srv/%s", "fd00:0:0::7", "/srv/fd00::7"},
            {"iphash", "/srv/%s/disk", "10.1.2.3", "/srv/10/1/2/3/disk"},
            {"iphash", "/srv/%s/disk", "fd00::7", "/srv/fd00::7/disk"},
            {"cidrhash 16", "/srv/%s", "10.1.2.3", "/srv/10.1.0.0/10.1.2.3"},
            {"cidrhash\t9", "/srv/%s", "10.129.2.3", "/srv/10.128.0.0/10.129.2.3"},
            {"cidrhash 0", "/srv/%s", "10.1.2.3", "/srv/0.0.0.0/10.1.2.3"},
            {"cidrhash 64", "/srv/%s", "10.1.2.3", "/srv/10.1.2.3/10.1.2.3"},
            {"cidrhash 64", "/srv/%s", "fd00:1:2:3:4::5", "/srv/fd00:1:2:3::/fd00:1:2:3:4::5"},
            {"ipliteral", "/100%%/%s/%s", "10.0.0.1", "/100%/10.0.0.1/10.0.0.1"},
        }));
    const auto pattern = parse_address_pattern(style);
    REQUIRE(pattern);
    REQUIRE(pattern->has_value());
    CHECK(check_pattern_path(path) == true);
    CHECK(expand_path(path, **pattern, parse_host_address(address).value()) == expected);
}

TEST_CASE("no pattern is one of the styles") {
    const auto none = parse_address_pattern("none");
    REQUIRE(none);
    CHECK_FALSE(none->has_value());
}

TEST_CASE("a style that is none of nbd-server's is refused") {
    CHECK(parse_address_pattern("ip").error().message() ==
          "virtstyle 'ip': not none, ipliteral, iphash or cidrhash LENGTH");
    const auto text =
        GENERATE("cidrhash", "cidrhash ", "cidrhash 129", "cidrhash -1", "cidrhash x");
    CHECK(parse_address_pattern(text).error().operation == "cidrhash");
}

TEST_CASE("a percent sign that is neither %s nor %% is refused") {
    CHECK(check_pattern_path("/srv/a.img") == false);
    CHECK(check_pattern_path("/srv/%%s.img") == false);
    const auto path = GENERATE("/srv/%d", "/srv/%", "/srv/%%%", "/srv/%s/%n");
    CHECK_FALSE(check_pattern_path(path));
}
