#include "agent/disk/fields.h"

#include "tests/support/catch.h"

using namespace nbdroot;
using namespace nbdroot::agent::disk;

TEST_CASE("UTF-16 becomes UTF-8 and ends at zero, half surrogates and odd lengths included") {
    const auto [bytes, text] = GENERATE(table<std::string, std::string>({
        {std::string("a\0b\0\0\0c\0", 8), "ab"},
        {std::string("\xe4\0\xac\x20", 4), "\xc3\xa4\xe2\x82\xac"},
        {std::string("\x3d\xd8\x00\xde", 4), "\xf0\x9f\x98\x80"},
        {std::string("\x3d\xd8"
                     "a\0",
                     4),
         "\xef\xbf\xbd"
         "a"},
        {std::string("\x00\xde", 2), "\xef\xbf\xbd"},
        {std::string("a\0b", 3), "a"},
        {"", ""},
    }));
    CHECK(utf16_at(base::as_bytes(bytes), 0, bytes.size()) == text);
}

TEST_CASE("numbers are read from either end, and 0 where the bytes end before") {
    const auto bytes = base::as_bytes("\x01\x02\x03\x04\x05\x06\x07\x08");
    CHECK(u64_at(bytes, 0) == 0x0807060504030201);
    CHECK(big_u64_at(bytes, 0) == 0x0102030405060708);
    CHECK(big_u32_at(bytes, 4) == 0x05060708);
    CHECK(u64_at(bytes, 1) == 0);
    CHECK(big_u32_at(bytes, 5) == 0);
}
