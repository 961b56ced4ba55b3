#include "server/merkle/kept_root.h"

#include "lib/base/text.h"
#include "tests/support/catch.h"

namespace nbdroot::server::merkle {
namespace {

KeptRoot example() {
    KeptRoot kept{.version = {.inode = 12,
                              .size_bytes = 4096,
                              .modified_ns = 1'700'000'000'123'456'789,
                              .changed_ns = -5}};
    kept.root.fill(std::byte{0xab});
    return kept;
}

// TEXT with FROM replaced by TO.
std::string but(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("a kept root is written as its page says, and read again") {
    const std::string text = to_text(example());
    CHECK(
        text.starts_with("nbdroot merkle 1\nalgorithm sha256\nleaf 65536\nsize 4096\ninode 12\n"
                         "modified 1700000000123456789\nchanged -5\nroot abababab"));
    CHECK(text.size() < kLongestKept);
    CHECK(parse_kept_root(text).value() == example());
    CHECK(is_kept_root(text));
}

TEST_CASE("a kept root with one bit turned is none") {
    const std::string text = to_text(example());
    for (std::size_t i = 0; i < text.size(); ++i) {
        for (const unsigned bit : {1U, 16U, 128U}) {
            std::string turned = text;
            turned[i] = static_cast<char>(static_cast<unsigned char>(turned[i]) ^ bit);
            CAPTURE(i, bit);
            CHECK_FALSE(parse_kept_root(turned));
        }
    }
}

TEST_CASE("a kept root that is cut short is none") {
    const std::string text = to_text(example());
    for (std::size_t i = 0; i < text.size(); ++i) CHECK_FALSE(parse_kept_root(text.substr(0, i)));
    CHECK_FALSE(parse_kept_root(text + "\n"));
}

TEST_CASE("a kept root of another form is none, and ours all the same") {
    const std::string text = to_text(example());
    const auto other = GENERATE_COPY(
        but(text, "merkle 1", "merkle 2"), but(text, "sha256", "sha512"),
        but(text, "65536", "4096"), but(text, "size 4", "size 04"),
        but(text, "inode 12", "inode -1"), but(text, "-5", "--5"), but(text, "root ab", "root AB"));
    CAPTURE(other);
    CHECK_FALSE(parse_kept_root(other));
    CHECK(is_kept_root(other));
    CHECK_FALSE(is_kept_root("somebody's file"));
}

}  // namespace nbdroot::server::merkle
