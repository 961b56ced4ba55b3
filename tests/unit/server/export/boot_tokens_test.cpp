#include "server/export/boot_tokens.h"

#include "lib/sys/file.h"
#include "tests/support/catch.h"
#include "tests/unit/server/temporary_file.h"

using nbdroot::server::export_::BootTokens;
using nbdroot::server::export_::kMaximumDisplaced;
using nbdroot::server::export_::parse_boot_tokens;
using nbdroot::server::export_::read_boot_tokens;
using nbdroot::test::TemporaryFile;

TEST_CASE("a boot that is displaced stays so, whoever comes after it") {
    BootTokens tokens;
    CHECK(tokens.take_over("a"));
    CHECK_FALSE(tokens.take_over("a"));
    CHECK(tokens.take_over(""));
    CHECK(tokens.is_displaced("a"));
    CHECK_FALSE(tokens.take_over(""));
    CHECK(tokens.take_over("b"));
    CHECK(tokens.current() == "b");
    CHECK_FALSE(tokens.is_displaced("b"));
    CHECK_FALSE(tokens.is_displaced(""));
}

TEST_CASE("boots are read back as they were written") {
    BootTokens tokens;
    for (const auto* const token : {"a", "b", "c-d_E"}) tokens.take_over(token);
    CHECK(tokens.to_text() ==
          "nbd-rootserver boots 1\ncurrent c-d_E\ndisplaced a\ndisplaced b\nend\n");
    CHECK(parse_boot_tokens(tokens.to_text()) == tokens);
    tokens.take_over("");
    CHECK(parse_boot_tokens(tokens.to_text()) == tokens);
    CHECK(parse_boot_tokens(BootTokens().to_text()) == BootTokens());
}

TEST_CASE("the oldest of too many displaced boots is forgotten, and the file stays readable") {
    BootTokens tokens;
    const std::string padding(58, 'x');
    for (std::size_t i = 0; i <= kMaximumDisplaced + 1; ++i) {
        tokens.take_over(padding + std::to_string(i));
    }
    CHECK_FALSE(tokens.is_displaced(padding + "0"));
    CHECK(tokens.is_displaced(padding + "1"));
    const TemporaryFile file(tokens.to_text());
    CHECK(read_boot_tokens(file.path()) == tokens);
}

TEST_CASE("a file that is not whole, or not ours, is not believed") {
    const auto [text, line] = GENERATE(table<std::string, int>({
        {"", 1},
        {"nbd-rootserver boots 2\nend\n", 1},
        {"nbd-rootserver boots 1\n", 2},
        {"nbd-rootserver boots 1\ncurrent a\ndisplaced b", 3},
        {"nbd-rootserver boots 1\ncurrent a\ndisplaced b\nend", 4},
        {"nbd-rootserver boots 1\ncurrent a\ndisplaced b\nend\nend\n", 4},
        {"nbd-rootserver boots 1\ndisplaced b\ncurrent a\nend\n", 3},
        {"nbd-rootserver boots 1\ncurrent a\ncurrent b\nend\n", 3},
        {"nbd-rootserver boots 1\ncurrent \nend\n", 2},
        {"nbd-rootserver boots 1\ndisplaced a b\nend\n", 2},
        {"nbd-rootserver boots 1\nhello\nend\n", 2},
    }));
    CAPTURE(text);
    const auto tokens = parse_boot_tokens(text);
    REQUIRE_FALSE(tokens);
    CHECK(tokens.error().message() ==
          "parse boots: line " + std::to_string(line) + " is not what this program writes");
}

TEST_CASE("no file means no boots, and a broken one is named") {
    CHECK(read_boot_tokens("/nonexistent/x.boots") == BootTokens());
    const TemporaryFile file("garbage");
    const auto tokens = read_boot_tokens(file.path());
    REQUIRE_FALSE(tokens);
    CHECK(tokens.error().object == file.path());
}

TEST_CASE("a file is replaced as a whole, and one that cannot be is an error") {
    const TemporaryFile file("old");
    REQUIRE(nbdroot::sys::replace_file_durably(file.path(), "new"));
    CHECK(file.contents() == "new");
    CHECK_FALSE(nbdroot::sys::replace_file_durably("/nonexistent/x", "new"));
}
