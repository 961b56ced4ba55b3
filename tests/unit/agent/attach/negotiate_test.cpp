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
    const auto loop = io::make_epoll_loop().value();
    const Lines lines;
    const auto found = connect_to_first(*loop, {at("boot-server")}, lines.log, std::nullopt);
    REQUIRE_FALSE(found);
    CHECK(found.error().message() ==
          "attach boot-server:10809: not an IPv4 or IPv6 address, and host names are not looked "
          "up; give the address");
}

TEST_CASE("an empty list of servers fails instead of waiting for ever") {
    const auto loop = io::make_epoll_loop().value();
    const Lines lines;
    CHECK_FALSE(connect_to_first(*loop, {}, lines.log, std::nullopt));
}

TEST_CASE("dhcp that nobody replaced by a server fails instead of connecting to nothing") {
    const auto loop = io::make_epoll_loop().value();
    const Lines lines;
    const auto found = connect_to_first(*loop, {by_dhcp()}, lines.log, std::nullopt);
    REQUIRE_FALSE(found);
    CHECK(found.error().reason == "DHCP gave no root-path that names a server");
}

TEST_CASE("a missing interface of a link-local address is named") {
    const auto loop = io::make_epoll_loop().value();
    const Lines lines;
    const auto found = connect_to_first(*loop, {at("fe80::1%nothere")}, lines.log, std::nullopt);
    REQUIRE_FALSE(found);
    CHECK(found.error().reason == "no interface 'nothere'");
}

}  // namespace nbdroot::agent::attach
