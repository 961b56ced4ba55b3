#include "agent/network/name_service.h"

#include "tests/support/catch.h"

namespace nbdroot::agent::network {
namespace {

constexpr std::uint32_t kFirst = 0x0a000001;  // 10.0.0.1
constexpr std::uint32_t kSecond = 0x0a000002;

using Servers = std::vector<std::uint32_t>;
using Search = std::vector<std::string>;

}  // namespace

TEST_CASE("resolv.conf tells servers and domains") {
    const auto [text, servers, search] = GENERATE(table<std::string, Servers, Search>({
        {"", {}, {}},
        {"nameserver 10.0.0.1\n", {kFirst}, {}},
        {"nameserver 10.0.0.1\nnameserver\t10.0.0.2", {kFirst, kSecond}, {}},
        {"  nameserver 10.0.0.1 # ours\r\n", {kFirst}, {}},
        {"nameserver 10.0.0.1\nnameserver 10.0.0.1\n", {kFirst}, {}},
        {"# nameserver 10.0.0.1\n;nameserver 10.0.0.2\n", {}, {}},
        {"nameserver fd00::1\nnameserver 10.0.0.1x\nnameserver\nnameserver 0.0.0.0\n", {}, {}},
        {"nameservers 10.0.0.1\noptions ndots:5\nsortlist 10.0.0.0\n", {}, {}},
        {"search lan example.org\n", {}, {"lan", "example.org"}},
        {"domain lan\nsearch example.org\n", {}, {"example.org"}},
        {"search example.org\ndomain lan\n", {}, {"lan"}},
    }));
    CAPTURE(text);
    CHECK(parse_resolv_conf(text) == NameService{.servers = servers, .search = search});
}

TEST_CASE("what klibc leaves tells servers and domains") {
    const auto [text, servers, search] = GENERATE(table<std::string, Servers, Search>({
        {"", {}, {}},
        {"DEVICE='eth0'\nPROTO='dhcp'\nIPV4DNS0='10.0.0.1'\nIPV4DNS1='0.0.0.0'\n", {kFirst}, {}},
        {"IPV4DNS0=10.0.0.1\nIPV4DNS1=\"10.0.0.2\"\n", {kFirst, kSecond}, {}},
        {"DNSDOMAIN='lan'\nDOMAINSEARCH=''\n", {}, {"lan"}},
        {"DNSDOMAIN='lan'\nDOMAINSEARCH='example.org lan'\n", {}, {"example.org", "lan"}},
        {"DOMAINSEARCH='example.org'\nDNSDOMAIN='lan'\n", {}, {"example.org"}},
        {"IPV4DNS0='10.0.0.1\nIPV4DNS1\n=10.0.0.1\nIPV4DNS0='\nDNSDOMAIN=''", {}, {}},
    }));
    CAPTURE(text);
    CHECK(parse_net_conf(text) == NameService{.servers = servers, .search = search});
}

TEST_CASE("of a file without end only so much is kept") {
    std::string resolv_conf = "search";
    for (int i = 0; i < 100; ++i) resolv_conf += " d" + std::to_string(i);
    for (int i = 0; i < 100; ++i) resolv_conf += "\nnameserver 10.0.1." + std::to_string(i);
    const NameService service = parse_resolv_conf(resolv_conf);
    CHECK(service.servers.size() == 16);
    CHECK(service.search.size() == 16);
}

}  // namespace nbdroot::agent::network
