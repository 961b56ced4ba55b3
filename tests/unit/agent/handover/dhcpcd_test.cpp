#include "agent/handover/dhcpcd.h"

#include "tests/support/catch.h"

using nbdroot::agent::handover::dhcpcd_file;

namespace {

// Without the words to people.
std::string settings(const std::string& own, const std::vector<std::string>& names) {
    std::string text = dhcpcd_file(own, names);
    while (text.starts_with('#')) text.erase(0, text.find('\n') + 1);
    return text;
}

}  // namespace

TEST_CASE(
    "dhcpcd leaves each name of the interface alone, before any section of the image's file") {
    CHECK(settings("hostname\ninterface eth1\nstatic routers=10.0.0.1\n", {"eth0", "enp0s2"}) ==
          "denyinterfaces eth0\ndenyinterfaces enp0s2\n"
          "hostname\ninterface eth1\nstatic routers=10.0.0.1\n");
    CHECK(settings("", {"eth0"}) == "denyinterfaces eth0\n");
}

TEST_CASE("a name that dhcpcd would take for a pattern or for more is left out") {
    CHECK(settings("", {"*", "eth[0]", "eth0\nnoarp", "a b", "", "eth0"}) ==
          "denyinterfaces eth0\n");
}
