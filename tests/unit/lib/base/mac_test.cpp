#include "lib/base/mac.h"

#include "tests/support/catch.h"

TEST_CASE("a hardware address is told in lower case with its zeros") {
    CHECK(nbdroot::base::format_mac({0x52, 0x54, 0x00, 0xAB, 0x0c, 0xff}) == "52:54:00:ab:0c:ff");
}
