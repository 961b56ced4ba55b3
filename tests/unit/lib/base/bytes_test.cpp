#include "lib/base/bytes.h"

#include "tests/support/catch.h"

using namespace nbdroot;

TEST_CASE("a reader never gives more than there is and consumes nothing when it cannot") {
    Bytes bytes;
    ByteWriter(bytes).be_u32(0x01020304);
    ByteReader reader(bytes);
    CHECK_FALSE(reader.be_u64().has_value());
    CHECK_FALSE(reader.bytes(5).has_value());
    CHECK(reader.remaining() == 4);
    CHECK(reader.be_u16() == 0x0102);
    CHECK_FALSE(reader.be_u32().has_value());
    CHECK(reader.u8() == 3);
    CHECK(reader.u8() == 4);
    CHECK_FALSE(reader.u8().has_value());
    CHECK(reader.bytes(0).has_value());
}

TEST_CASE("big-endian fields lie most significant byte first") {
    const be64 value = 0x0102030405060708;
    const auto bytes = std::as_bytes(std::span(&value, 1));
    for (std::size_t i = 0; i < 8; ++i) CHECK(bytes[i] == static_cast<std::byte>(i + 1));
    CHECK(static_cast<std::uint64_t>(value) == 0x0102030405060708);
    CHECK(static_cast<std::uint16_t>(be16(0xfffe)) == 0xfffe);
    CHECK(static_cast<std::uint32_t>(be32(0x80000001)) == 0x80000001);
}

TEST_CASE("a writer appends") {
    Bytes bytes;
    ByteWriter writer(bytes);
    writer.u8(1);
    writer.text("ab");
    writer.zeros(2);
    writer.be_u16(0x0203);
    CHECK(base::as_text(bytes) == std::string_view("\x01"
                                                   "ab\0\0\x02\x03",
                                                   7));
}
