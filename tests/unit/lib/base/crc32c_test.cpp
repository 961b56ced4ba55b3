#include "lib/base/crc32c.h"

#include "tests/support/catch.h"

using nbdroot::Bytes;
using nbdroot::base::as_bytes;
using nbdroot::base::crc32c;

TEST_CASE("CRC-32C is that of RFC 3720, appendix B.4") {
    CHECK(crc32c(as_bytes("123456789")) == 0xe3069283);
    CHECK(crc32c(Bytes(32)) == 0x8a9136aa);
    CHECK(crc32c(Bytes(32, std::byte{0xff})) == 0x62a8ab43);
    CHECK(crc32c({}) == 0);
}

TEST_CASE("CRC-32C of two pieces is that of the whole") {
    CHECK(crc32c(as_bytes("56789"), crc32c(as_bytes("1234"))) == crc32c(as_bytes("123456789")));
}
