#include "agent/handover/ifupdown.h"

#include "tests/support/catch.h"

using nbdroot::agent::handover::path_from;

TEST_CASE("a path is that of the including file's folder, or of the root") {
    CHECK(path_from("/etc/network/interfaces", "interfaces.d/*") == "/etc/network/interfaces.d/*");
    CHECK(path_from("/etc/network/interfaces", "/etc/x") == "/etc/x");
    CHECK(path_from("/etc/network/interfaces", "../x") == "/etc/x");
}
