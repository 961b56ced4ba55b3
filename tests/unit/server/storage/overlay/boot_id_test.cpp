#include "server/storage/overlay/boot_id.h"

#include "lib/base/text.h"
#include "tests/support/catch.h"

using nbdroot::server::storage::overlay::current_boot;
using nbdroot::server::storage::overlay::parse_boot_id;

TEST_CASE("a boot id is a UUID in lower or upper case, and nothing else") {
    const auto id = parse_boot_id("01234567-89ab-cdef-0123-456789ABCDEF\n");
    REQUIRE(id);
    CHECK(nbdroot::base::hex(*id) == "0123456789abcdef0123456789abcdef");
    CHECK_FALSE(parse_boot_id(""));
    CHECK_FALSE(parse_boot_id("01234567-89ab-cdef-0123-456789abcde"));
    CHECK_FALSE(parse_boot_id("01234567-89ab-cdef-0123-456789abcdeg"));
    CHECK_FALSE(parse_boot_id("01234567-89ab-cdef-0123-456789abcdef0"));
    CHECK_FALSE(parse_boot_id("012345678-9ab-cdef-0123-456789abcdef"));
}

TEST_CASE("the running kernel's boot id is always the same") {
    const auto id = current_boot();
    REQUIRE(id);
    CHECK(*id == *current_boot());
}
