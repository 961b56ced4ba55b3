#include "lib/protocol/dns/candidates.h"

#include "tests/support/catch.h"

namespace nbdroot::protocol::dns {

TEST_CASE("which names a host name may mean") {
    using List = std::vector<std::string>;
    const auto [host, search, names] = GENERATE(table<std::string, List, List>({
        {"boot", {}, {"boot"}},
        {"boot", {"lan", "example.org"}, {"boot.lan", "boot.example.org", "boot"}},
        {"boot.", {"lan"}, {"boot"}},
        {"boot.rack1", {"lan"}, {"boot.rack1", "boot.rack1.lan"}},
        {"boot.example.org.", {"lan"}, {"boot.example.org"}},
        {"boot", {"lan."}, {"boot.lan", "boot"}},
        {"boot", {"", "no name", "lan"}, {"boot.lan", "boot"}},
        {"boot", {std::string(250, 'a')}, {"boot"}},
        {"boot",
         {"a", "b", "c", "d", "e", "f", "g"},
         {"boot.a", "boot.b", "boot.c", "boot.d", "boot.e", "boot.f", "boot"}},
        {"", {"lan"}, {}},
        {".", {"lan"}, {}},
        {"no name", {"lan"}, {}},
    }));
    CAPTURE(host);
    CHECK(candidates_of(host, search) == names);
}

}  // namespace nbdroot::protocol::dns
