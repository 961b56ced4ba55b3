#include "agent/attach/negotiate.h"

#include "tests/support/catch.h"

namespace nbdroot::agent::attach {
namespace {

config::Target at(const std::string& host) {
    config::Target target;
    target.host = host;
    return target;
}

config::Target by_dhcp() {
    config::Target target;
    target.kind = config::Target::Kind::dhcp;
    return target;
}

struct Lines {
    Log log{Level::debug, [this](Level, std::string_view line) { all.emplace_back(line); }};
    std::vector<std::string> all;
};

}  // namespace

TEST_CASE("a host name fails at once and says that an address is wanted") {
    const Lines lines;
    const auto found = resolve_all({at("boot-server")}, lines.log);
    REQUIRE_FALSE(found);
    CHECK(found.error().message() ==
          "attach boot-server:10809: not an IPv4 or IPv6 address, and host names are not looked "
          "up; give the address");
}

TEST_CASE("an empty list of servers fails instead of waiting for ever") {
    const Lines lines;
    CHECK_FALSE(resolve_all({}, lines.log));
}

TEST_CASE("dhcp that nobody replaced by a server fails instead of connecting to nothing") {
    const Lines lines;
    const auto found = resolve_all({by_dhcp()}, lines.log);
    REQUIRE_FALSE(found);
    CHECK(found.error().reason == "DHCP gave no root-path that names a server");
}

TEST_CASE("a missing interface of a link-local address is named") {
    const Lines lines;
    const auto found = resolve_all({at("fe80::1%nothere")}, lines.log);
    REQUIRE_FALSE(found);
    CHECK(found.error().reason == "no interface 'nothere'");
}

}  // namespace nbdroot::agent::attach
