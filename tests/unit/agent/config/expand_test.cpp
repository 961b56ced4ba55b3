#include "agent/config/expand.h"

#include "tests/support/catch.h"
#include "tests/support/part_of.h"

using namespace nbdroot::agent::config;
using nbdroot::test::holds;

namespace {

const Identity kMachine{.mac = "52:54:00:12:34:56",
                        .host_name = "node-1",
                        .system_uuid = "6f1c",
                        .serial = "S1%m",
                        .address = "10.0.2.15"};

std::string reason(std::string_view name, const Identity& identity) {
    const auto expanded = expand_export(name, identity);
    return expanded ? "none: " + *expanded : expanded.error().message();
}

}  // namespace

TEST_CASE("placeholders of an export become this machine's values") {
    CHECK(expand_export("", kMachine) == "");
    CHECK(expand_export("debian", {}) == "debian");
    CHECK(expand_export("root-%m", kMachine) == "root-52:54:00:12:34:56");
    CHECK(expand_export("%h/%u", kMachine) == "node-1/6f1c");
    CHECK(expand_export("%i%i", kMachine) == "10.0.2.1510.0.2.15");
    CHECK(expand_export("100%%", {}) == "100%");
    CHECK(expand_export("%%m", {}) == "%m");
}

TEST_CASE("a value is not expanded a second time") {
    CHECK(expand_export("%s", kMachine) == "S1%m");
}

TEST_CASE("a placeholder that is not known of this machine is refused by name") {
    CHECK(reason("a-%m", {}) ==
          "expand export a-%m: %m: this machine's MAC address is not known; "
          "use another placeholder");
    CHECK_THAT(reason("%h", {}), holds("host name"));
    CHECK_THAT(reason("%u", {}), holds("system UUID"));
    CHECK_THAT(reason("%s", {}), holds("serial number"));
    CHECK_THAT(reason("%i", {}), holds("IPv4 address"));
}

TEST_CASE("a name that grows beyond 4096 bytes is refused") {
    CHECK(expand_export(std::string(4090, 'x') + "%h", kMachine)->size() == 4096);
    CHECK_THAT(reason(std::string(4091, 'x') + "%h", kMachine),
               holds("the name would have 4097 bytes, the limit is 4096"));
}

TEST_CASE("a '%' that begins nothing is refused") {
    CHECK_THAT(reason("a%", kMachine), holds("followed by none of m h u s i %"));
    CHECK_THAT(reason("%x", kMachine), holds("followed by none of m h u s i %"));
}

TEST_CASE("a value with a zero byte is refused") {
    Identity identity;
    identity.serial = std::string("a\0b", 3);
    CHECK_THAT(reason("%s", identity), holds("the name would hold a zero byte"));
}
