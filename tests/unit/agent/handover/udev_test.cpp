#include "agent/handover/udev.h"

#include "tests/support/catch.h"
#include "tests/unit/agent/handover/sample.h"

using namespace nbdroot::agent::handover;

TEST_CASE("a kernel that cannot rename an interface that is up is known by its release") {
    for (const char* const release : {"6.1.0-56-cloud-amd64", "5.10.0", "4.19.1", "6.1"}) {
        CAPTURE(release);
        CHECK_FALSE(can_rename_while_up(release));
    }
    for (const char* const release : {"6.2.0", "6.12.0-rc1", "7.3.4", "10.0", "", "x.y", "6"}) {
        CAPTURE(release);
        CHECK(can_rename_while_up(release));
    }
}

TEST_CASE("udev keeps the name of the hardware with that MAC") {
    const std::string rules = udev_rules(nbdroot::tests::by_dhcp());
    CHECK(rules.substr(rules.find('\n') + 1) ==
          "SUBSYSTEM==\"net\", ACTION!=\"remove\", DRIVERS==\"?*\", "
          "ATTR{address}==\"52:54:00:12:34:56\", NAME=\"eth0\"\n");
}
