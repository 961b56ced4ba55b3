#include "agent/servers.h"

#include "tests/support/catch.h"

using namespace nbdroot;
using namespace nbdroot::agent;
using config::Target;

namespace {

const Target kNamed{.kind = Target::Kind::server, .host = "10.0.0.1", .port = 1, .export_name = {}};
const Target kDhcp{.kind = Target::Kind::dhcp, .host = {}, .export_name = {}};

const Hardware kHardware{.system_uuid = "1-2-3", .serial = {}};

network::Network by_dhcp(std::string root_path) {
    network::Network network;
    network.dhcp_server = 0x0a000202;
    network.root_path = std::move(root_path);
    return network;
}

struct Lines {
    std::vector<std::string> lines;
    Log log{Level::debug, [this](Level, std::string_view line) { lines.emplace_back(line); }};
};

}  // namespace

TEST_CASE("dhcp stands for the server that the root-path names, at its place in the list") {
    Lines said;
    const auto network = by_dhcp("10.0.0.9:1234/debian");
    const auto servers = choose_servers({kDhcp, kNamed}, network, kHardware, said.log);
    REQUIRE(servers.has_value());
    REQUIRE(servers->size() == 2);
    CHECK((*servers)[0].host == "10.0.0.9");
    CHECK((*servers)[0].port == 1234);
    CHECK((*servers)[0].export_name == "debian");
    CHECK((*servers)[1] == kNamed);
    CHECK(said.lines.empty());
}

TEST_CASE("dhcp without a usable root-path is refused with what DHCP said") {
    Lines said;
    const auto [root_path, expected] = GENERATE(table<const char*, const char*>({
        {"", "option 17"},
        {"dhcp", "names no server"},
        {"/srv/nfs/\x01root", "\\x01root"},
    }));
    CAPTURE(root_path);
    const auto network = by_dhcp(root_path);
    const auto servers = choose_servers({kDhcp}, network, kHardware, said.log);
    REQUIRE_FALSE(servers.has_value());
    CHECK(servers.error().message().find(expected) != std::string::npos);
}

TEST_CASE("dhcp is refused where DHCP did not configure the network") {
    Lines said;
    const network::Network fixed;
    CHECK_FALSE(choose_servers({kDhcp}, fixed, kHardware, said.log).has_value());
    CHECK_FALSE(choose_servers({kDhcp}, network::Network{}, kHardware, said.log).has_value());
}

TEST_CASE("a dhcp target that names nothing is a warning while another server is left") {
    Lines said;
    const auto servers = choose_servers({kDhcp, kNamed}, network::Network{}, kHardware, said.log);
    CHECK(servers == std::vector<Target>{kNamed});
    REQUIRE(said.lines.size() == 1);
    CHECK(said.lines[0].find("nbdroot=dhcp") != std::string::npos);
}

TEST_CASE("placeholders in an export name become what is known of the machine") {
    Lines said;
    network::Network network;
    network.mac = "52:54:00:12:34:56";
    network.address = {.address = 0x0a00020f, .length_bits = 24};
    Target target = kNamed;
    target.export_name = "%m/%u/%i/100%%";
    const auto servers = choose_servers({target}, network, kHardware, said.log);
    REQUIRE(servers.has_value());
    CHECK(servers->front().export_name == "52:54:00:12:34:56/1-2-3/10.0.2.15/100%");
}

TEST_CASE("a placeholder for what is not known is refused, not left out") {
    Lines said;
    Target target = kNamed;
    target.export_name = "debian-%s";
    CHECK_FALSE(choose_servers({target}, network::Network{}, kHardware, said.log).has_value());
    target.export_name = "debian-%m";
    CHECK_FALSE(choose_servers({target}, network::Network{}, kHardware, said.log).has_value());
}
