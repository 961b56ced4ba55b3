#include "server/config/allow_file.h"

#include "tests/support/catch.h"

using namespace nbdroot::server::config;

TEST_CASE("an allow file has addresses and networks, one a line") {
    const auto parsed = parse_allow_file(
        "# the room\n"
        "\n"
        "  10.0.0.0/24   # machines\r\n"
        "192.168.1.77/16\n"
        "fd00::7",
        "a");
    CHECK(parsed.complaints.empty());
    CHECK(parsed.allow == parse_allow_list("10.0.0.0/24 192.168.0.0/16 fd00::7").value());
}

TEST_CASE("an allow file without addresses admits nobody") {
    const auto parsed = parse_allow_file("# nobody\n", "a");
    CHECK(parsed.complaints.empty());
    CHECK_FALSE(parsed.allow.admits(parse_host_address("10.0.0.1").value()));
}

TEST_CASE("every line of an allow file that cannot be meant is named") {
    using Lines = std::vector<std::string>;
    CHECK(parse_allow_file("pc7\n10.0.0.1\n10.0.0.0/33\n10.0.0.1 10.0.0.2\n", "/etc/allow")
              .complaints ==
          Lines{"/etc/allow:1: address 'pc7': not an IPv4 or IPv6 address in numbers",
                "/etc/allow:3: network '10.0.0.0/33': after the slash a number from 0 to 32 is "
                "needed",
                "/etc/allow:4: address '10.0.0.1 10.0.0.2': not an IPv4 or IPv6 address in "
                "numbers"});
}
