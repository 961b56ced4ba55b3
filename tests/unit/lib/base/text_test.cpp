#include "lib/base/text.h"

#include <utility>

#include "tests/support/catch.h"

using namespace nbdroot::base;

TEST_CASE("decimal numbers are whole, unsigned and bounded") {
    CHECK(parse_decimal("0") == 0);
    CHECK(parse_decimal("18446744073709551615") == UINT64_MAX);
    CHECK(parse_decimal("65535", 65535) == 65535);
    for (const auto* wrong : {"", "-1", "+1", " 1", "1 ", "1x", "0x10", "18446744073709551616"}) {
        CAPTURE(wrong);
        CHECK_FALSE(parse_decimal(wrong).has_value());
    }
    CHECK_FALSE(parse_decimal("65536", 65535).has_value());
}

TEST_CASE("split keeps empty fields") {
    using Fields = std::vector<std::string_view>;
    CHECK(split("a,b,,c", ',') == Fields{"a", "b", "", "c"});
    CHECK(split("", ',') == Fields{""});
    CHECK(split(",", ',') == Fields{"", ""});
}

TEST_CASE("sizes for people are cut off, never rounded up") {
    CHECK(human_size(0) == "0 B");
    CHECK(human_size(1023) == "1023 B");
    CHECK(human_size(1024) == "1.0 KiB");
    CHECK(human_size(1536) == "1.5 KiB");
    CHECK(human_size((std::uint64_t{1} << 20) - 1) == "1023.9 KiB");
    CHECK(human_size(std::uint64_t{4} << 30) == "4.0 GiB");
    CHECK(human_size(UINT64_MAX) == "15.9 EiB");
}

TEST_CASE("peer text is printed without control characters and bounded") {
    CHECK(printable("debian") == "debian");
    CHECK(printable("a\n\x1b[0m\xff") == "a\\x0a\\x1b[0m\\xff");
    CHECK(printable("abcdef", 3) == "abc...");
}

TEST_CASE("cat joins text, characters and numbers of both signs") {
    CHECK(nbdroot::cat("a", 'b', 3, -4, std::uint64_t{5}, std::string("c")) == "ab3-45c");
}
