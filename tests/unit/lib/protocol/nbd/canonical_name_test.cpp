#include "lib/protocol/nbd/canonical_name.h"

#include "tests/support/catch.h"

using nbdroot::protocol::nbd::CanonicalName;
using nbdroot::protocol::nbd::is_identifier;
using nbdroot::protocol::nbd::parse_canonical_name;
using nbdroot::protocol::nbd::to_text;

TEST_CASE("a canonical name is split at its last at sign and the first dot after it") {
    const auto [text, name] = GENERATE(table<std::string, CanonicalName>({
        {"debian@1f.2e", {"debian", "1f", "2e"}},
        {"debian/host-7@id_1.tok-2", {"debian/host-7", "id_1", "tok-2"}},
        {"@a.b", {"", "a", "b"}},
        {"a@b.c@d.e", {"a@b.c", "d", "e"}},
        {"a.img@@d.e", {"a.img@", "d", "e"}},
    }));
    CHECK(parse_canonical_name(text) == name);
    CHECK(to_text(name) == text);
}

TEST_CASE("names that only look like canonical ones are somebody's export") {
    const auto* const text =
        GENERATE("", "debian", "debian.img", "a@b", "a@.b", "a@b.", "a@.", "a@b.c.d", "a@b.c d",
                 "a@b/c.d", "a.b@c", "a@b.c@", "a@\xc3\xa4.b");
    CHECK_FALSE(parse_canonical_name(text));
}

TEST_CASE("an identifier longer than its limit is none") {
    CHECK(is_identifier(std::string(64, 'a')));
    CHECK_FALSE(is_identifier(std::string(65, 'a')));
    CHECK_FALSE(is_identifier(""));
    CHECK(parse_canonical_name("a@b." + std::string(64, 'c')));
    CHECK_FALSE(parse_canonical_name("a@b." + std::string(65, 'c')));
}
