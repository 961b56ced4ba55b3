#include "agent/control/service_text.h"

#include "tests/support/catch.h"

using namespace nbdroot;
using namespace nbdroot::agent::control;
using protocol::service::Algorithm;
using protocol::service::Hashes;

TEST_CASE("sizes are bytes, or have a unit") {
    const auto [text, bytes] = GENERATE(table<const char*, std::optional<std::uint64_t>>({
        {"0", 0},
        {"4096", 4096},
        {"4K", 4096},
        {"3T", std::uint64_t{3} << 40},
        {"9223372036854775807", INT64_MAX},
        {"8388607T", std::uint64_t{8388607} << 40},
    }));
    CHECK(parse_size(text) == bytes);
}

TEST_CASE("sizes that cannot be meant are refused") {
    const auto* const text = GENERATE("", "K", "-1", "1k", "1KK", "1 K", "0x10",
                                      "9223372036854775808", "8388608T", "1.5G");
    CHECK_FALSE(parse_size(text));
}

TEST_CASE("a line for each block, the last may be short") {
    CHECK(hash_lines(Hashes{Algorithm::xxh3, 10, 5, 3}, {"aa", "bb"}) == "10 3 aa\n13 2 bb\n");
}

TEST_CASE("an answer is shown without what a terminal would obey") {
    const auto answer = base::parse_json(
        R"({"export":"a\u001b","clients":3,"writable":true,"unknown":null,"a\nb":"c"})");
    REQUIRE(answer);
    CHECK(describe_answer(*answer) ==
          "export              a\\x1b\nclients             3\nwritable            yes\n"
          "unknown             \na\\x0ab              c\n");
    const auto script = base::parse_json(R"({"output":"a\tb\n\u001b[2J\u00e4","exit_status":0})");
    REQUIRE(script);
    CHECK(describe_answer(*script) == "a\tb\n?[2J??");
}

TEST_CASE("how a script ended is told unless it ended well") {
    const auto [text, trouble] = GENERATE(table<const char*, const char*>({
        {R"({"exit_status":1})", ""},
        {R"({"output":"","exit_status":0})", ""},
        {R"({"output":"","exit_status":3})", "exit status 3"},
        {R"({"output":"","exit_status":0,"signal":9})", "ended by signal 9"},
        {R"({"output":"","output_is_cut":true})", "its output was too long and is cut"},
    }));
    const auto answer = base::parse_json(text);
    REQUIRE(answer);
    CHECK(trouble_of_script(*answer) == trouble);
}
