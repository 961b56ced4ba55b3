#include "server/config/machine_pattern.h"

#include <string>

#include "server/config/overlay_config.h"
#include "tests/support/catch.h"

using namespace nbdroot::server::config;

TEST_CASE("the default pattern takes what machines are called, and nothing that leads elsewhere") {
    const auto pattern = MachinePattern::compile(OverlayConfig{}.machine_pattern);
    REQUIRE(pattern);
    for (const char* name : {"525400123456", "52:54:00:12:34:56", "room-3.pc_7", "a"}) {
        CHECK(pattern->matches(name));
    }
    for (const char* name : {"", ".", "..", "../a", "a/b", "a b", "-r", "a\n", "\xC3\xA4"}) {
        CHECK_FALSE(pattern->matches(name));
    }
    CHECK(pattern->matches(std::string(64, 'a')));
    CHECK_FALSE(pattern->matches(std::string(65, 'a')));
}

TEST_CASE("all of a name has to match") {
    const auto pattern = MachinePattern::compile("a|ab");
    REQUIRE(pattern);
    CHECK(pattern->matches("ab"));
    CHECK_FALSE(pattern->matches("abc"));
    CHECK_FALSE(pattern->matches("xa"));
    CHECK_FALSE(MachinePattern::compile("b*")->matches("ab"));
}

TEST_CASE("a name that is cut by a zero byte, or too long for any machine, does not match") {
    const auto pattern = MachinePattern::compile(".*");
    REQUIRE(pattern);
    CHECK(pattern->matches(std::string(MachinePattern::kMaximumName, 'a')));
    CHECK_FALSE(pattern->matches(std::string(MachinePattern::kMaximumName + 1, 'a')));
    CHECK_FALSE(pattern->matches(std::string("a\0b", 3)));
}

TEST_CASE("patterns that are none, or that a client could make expensive, are refused") {
    const auto [text, reason] = GENERATE(table<std::string, std::string>({
        {"", "empty; it would match no name"},
        {"[a", "no POSIX extended regular expression: Unmatched [, [^, [:, [., or [="},
        {"(a", "no POSIX extended regular expression: Unmatched ( or \\("},
        {"(a*)\\1", "back references (\\1 to \\9) are not taken"},
        {"[]\\]\\2", "back references (\\1 to \\9) are not taken"},
        {"((a{255}){255}){2}", "repeats its parts more than 65536 times in all"},
        {"(a{2,}){40000}", "repeats its parts more than 65536 times in all"},
        {std::string("a\0b", 3), "has a zero byte"},
    }));
    CAPTURE(text);
    const auto pattern = MachinePattern::compile(text);
    REQUIRE_FALSE(pattern);
    CHECK(pattern.error().reason == reason);
}

TEST_CASE("a backslash before a digit in brackets is no back reference") {
    CHECK(MachinePattern::compile("[^]\\1]").value().matches("a"));
    CHECK(MachinePattern::compile("a\\\\1").value().matches("a\\1"));
}
