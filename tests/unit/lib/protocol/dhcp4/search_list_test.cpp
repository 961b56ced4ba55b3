#include "lib/protocol/dhcp4/search_list.h"

#include "lib/base/text.h"
#include "tests/support/catch.h"
#include "tests/support/hex.h"

namespace nbdroot::protocol::dhcp4 {
namespace {

using tests::from_hex;
using Domains = std::vector<std::string>;

Domains read(std::string_view hex) { return read_search_list(from_hex(hex)); }

constexpr auto* kEng = "03656e67";                     // eng
constexpr auto* kAppleCom = "056170706c6503636f6d00";  // apple.com.
constexpr auto* kMarketing = "096d61726b6574696e67";   // marketing
std::string hex(std::initializer_list<std::string_view> parts) {
    std::string text;
    for (const auto part : parts) text += part;
    return text;
}

}  // namespace

TEST_CASE("the example of RFC 3397 is read as it is meant") {
    CHECK(read(hex({kEng, kAppleCom, kMarketing, "c004"})) ==
          Domains{"eng.apple.com", "marketing.apple.com"});
}

TEST_CASE("a pointer to a pointer is followed") {
    // org at 0, a.org at 5, b.a.org at 9
    CHECK(read("036f726700 0161c000 0162c005") == Domains{"org", "a.org", "b.a.org"});
}

TEST_CASE("a pointer to itself, forwards, or in a circle ends the list") {
    for (const auto* rest : {"c005", "0161c005", "c007 0161 00", "0161c009 0162c005", "c0ff"}) {
        CAPTURE(rest);
        CHECK(read(hex({"036f726700", rest})) == Domains{"org"});
    }
}

TEST_CASE("a name that is cut off ends the list") {
    for (const auto* rest : {"03", "0361", "0161", "c0", "40", "80", "0161c0"}) {
        CAPTURE(rest);
        CHECK(read(hex({"036f726700", rest})) == Domains{"org"});
    }
}

TEST_CASE("an empty option gives no domain, nor does the root") {
    CHECK(read("").empty());
    CHECK(read("00 00 00").empty());
}

TEST_CASE("a domain that would do harm in a file is left out, those behind it are not") {
    for (const auto* bad : {"03612062 00", "03612e62 00", "01 0a 00", "022d61 00", "02c3a4 00"}) {
        CAPTURE(bad);
        CHECK(read(hex({bad, "036f726700"})) == Domains{"org"});
    }
}

TEST_CASE("a domain that is repeated is there once") {
    CHECK(read("036f726700 036f726700 c000") == Domains{"org"});
}

TEST_CASE("names and lists without end are cut off") {
    std::string label(126, '6');
    std::string many;
    for (char c = 'a'; c <= 'z'; ++c) many += cat("01", base::hex(base::as_bytes({&c, 1})), "00");
    CHECK(read(many).size() == kSearchLimit);
    // Four labels of 63 characters make 255, one more than a name may have.
    std::string longest;
    for (int i = 0; i < 3; ++i) longest += "3f" + label;
    CHECK(read(longest + "3d" + label.substr(0, 122) + "00").front().size() == kHostNameLimit);
    CHECK(read(longest + "3e" + label.substr(0, 124) + "00").empty());
    CHECK(read(longest + "3f" + label + "3f" + label + "00 036f726700").empty());
}

TEST_CASE("a host name has no empty label") {
    for (const auto* good : {"a", "a.b", "a.b.", "a-1_2", "A"}) CHECK(is_host_name(good));
    for (const auto* bad : {"", ".", ".a", "a..b", "a..", "-a", "a.-b", "a b"}) {
        CAPTURE(bad);
        CHECK_FALSE(is_host_name(bad));
    }
}

}  // namespace nbdroot::protocol::dhcp4
