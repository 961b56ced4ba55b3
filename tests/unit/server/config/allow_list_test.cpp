#include "server/config/allow_list.h"

#include "tests/support/catch.h"

using namespace nbdroot;
using namespace nbdroot::server::config;

namespace {

bool has(std::string_view range, std::string_view address) {
    return parse_address_range(range).value().has(parse_host_address(address).value());
}

}  // namespace

TEST_CASE("a range has the addresses of its prefix, in both families") {
    CHECK(has("10.0.0.0/8", "10.255.0.1"));
    CHECK_FALSE(has("10.0.0.0/8", "11.0.0.1"));
    CHECK(has("10.1.2.0/23", "10.1.3.9"));
    CHECK_FALSE(has("10.1.2.0/23", "10.1.4.0"));
    CHECK(has("10.1.2.3", "10.1.2.3"));
    CHECK_FALSE(has("10.1.2.3", "10.1.2.4"));
    CHECK(has("0.0.0.0/0", "192.0.2.1"));
    CHECK_FALSE(has("0.0.0.0/0", "fd00::1"));
    CHECK(has("::/0", "fd00::1"));
    CHECK(has("fd00:1::/33", "fd00:1:7fff::1"));
    CHECK_FALSE(has("fd00:1::/33", "fd00:1:8000::1"));
    CHECK(has("::ffff:10.0.0.0/104", "10.9.9.9"));
}

TEST_CASE("a range that cannot be meant is refused") {
    for (const char* text : {"", "10", "10.0.0.0/33", "fd00::/129", "10.0.0.0/", "10.0.0.0/x",
                             "10.0.0.0/-1", "10.0.0.1/8", "fd00::1/64", "host", "[fd00::]/64",
                             "fe80::1%lo", "10.0.0.0/8/8", " 10.0.0.1"}) {
        INFO(text);
        CHECK_FALSE(parse_address_range(text));
    }
}

TEST_CASE("an empty list admits nobody") {
    const auto address = parse_host_address("127.0.0.1").value();
    CHECK_FALSE(AllowList{}.admits(address));
    CHECK(AllowList{{parse_address_range("127.0.0.0/8").value()}}.admits(address));
}

TEST_CASE("a range is shown as it is written") {
    const auto* text = GENERATE("10.0.0.0/8", "0.0.0.0/0", "10.1.2.3", "::/0", "fd00::/64",
                                "fd00::7", "::ffff:0:0/95");
    CHECK(to_text(parse_address_network(text).value()) ==
          (text == std::string_view("::ffff:0:0/95") ? "::fffe:0:0/95" : text));
}
