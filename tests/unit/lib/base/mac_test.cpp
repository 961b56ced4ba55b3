#include "lib/base/mac.h"

#include "tests/support/catch.h"

TEST_CASE("a hardware address is told in lower case with its zeros") {
    CHECK(nbdroot::base::format_mac({0x52, 0x54, 0x00, 0xAB, 0x0c, 0xff}) == "52:54:00:ab:0c:ff");
}

TEST_CASE("a hardware address is read with colons or dashes, in either case") {
    const nbdroot::Mac mac = {0x52, 0x54, 0x00, 0xab, 0x0c, 0xff};
    CHECK(nbdroot::base::parse_mac("52:54:00:ab:0c:ff") == mac);
    CHECK(nbdroot::base::parse_mac("52-54-00-AB-0C-FF") == mac);
}

TEST_CASE("what is no hardware address is none") {
    CHECK_FALSE(nbdroot::base::parse_mac(GENERATE(
        "", "52:54:00:ab:0c", "52:54:00:ab:0c:ff:00", "52:54:00:ab:0c:fg", "52.54.00.ab.0c.ff",
        "5:254:00:ab:0c:ff", "52:54:00:ab:0c:-1", "525400ab0cff", "52:54:00:ab:0cff:")));
}

TEST_CASE("a group's address and zeros are no card's") {
    CHECK(nbdroot::base::is_card_mac({0x52, 0x54, 0, 0, 0, 1}));
    CHECK_FALSE(nbdroot::base::is_card_mac({0x01, 0, 0x5e, 0, 0, 1}));
    CHECK_FALSE(nbdroot::base::is_card_mac({}));
}
