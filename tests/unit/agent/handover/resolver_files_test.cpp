#include "agent/handover/resolver_files.h"

#include "tests/support/catch.h"
#include "tests/unit/agent/handover/sample.h"

using namespace nbdroot::agent::handover;
using nbdroot::tests::by_dhcp;

TEST_CASE("resolv.conf has the search list and each name server") {
    CHECK(resolv_conf(by_dhcp()) ==
          "# Written by nbdroot-agent.\nsearch lab.example.org example.org\n"
          "nameserver 10.77.0.1\nnameserver 10.77.0.2\n");
    CHECK(resolv_conf({}) == "# Written by nbdroot-agent.\n");
}

TEST_CASE("the domain that rd.peerdns=0 leaves is no search list") {
    auto network = by_dhcp();
    network.search.clear();
    network.name_servers.clear();
    CHECK(resolv_conf(network) == "# Written by nbdroot-agent.\n");
}

TEST_CASE("resolved gets the servers for the case that nobody else tells it of any") {
    CHECK(resolved_file(by_dhcp()) ==
          "# Written by nbdroot-agent.\n[Resolve]\nFallbackDNS=10.77.0.1 10.77.0.2\n"
          "Domains=lab.example.org example.org\n");
}

TEST_CASE("resolved keeps its own servers where the network names none") {
    auto network = by_dhcp();
    network.name_servers.clear();
    CHECK(resolved_file(network) ==
          "# Written by nbdroot-agent.\n[Resolve]\nDomains=lab.example.org example.org\n");
}

TEST_CASE("only a line that the resolver reads as a server counts as the image's own") {
    for (const char* const own : {"nameserver 127.0.0.1", "# x\nnameserver\t::1\n",
                                  "search a\nnameserver  10.0.0.1\nnameserver 10.0.0.2\n"}) {
        CAPTURE(own);
        CHECK(names_server(own));
    }
    for (const char* const none :
         {"", "# nameserver 10.0.0.1\n", " nameserver 10.0.0.1\n", "nameserver\n", "nameserver \n",
          "nameservers 10.0.0.1\n", "search nameserver\n"}) {
        CAPTURE(none);
        CHECK_FALSE(names_server(none));
    }
}
