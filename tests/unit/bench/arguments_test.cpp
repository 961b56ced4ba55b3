#include "bench/load/arguments.h"

#include <vector>

#include "tests/support/catch.h"

using namespace nbdroot::bench;

namespace {

auto parse(std::vector<std::string> words) {
    std::vector<char*> pointers;
    for (auto& word : words) pointers.push_back(word.data());
    return parse_arguments(pointers);
}

}  // namespace

TEST_CASE("options of a load are read") {
    const auto arguments =
        parse({"--pattern", "boot", "--port", "1234", "--clients", "64", "--writes", "30"});
    REQUIRE(arguments.has_value());
    CHECK(arguments->pattern == Pattern::boot);
    CHECK(arguments->port == 1234);
    CHECK(arguments->clients == 64);
    CHECK(arguments->write_percent == 30);
    CHECK(arguments->depth == 1);
    CHECK(arguments->replies == Replies::simple);
    CHECK(parse({"--replies", "structured"})->replies == Replies::structured);
}

TEST_CASE("a wrong option, value or missing value of a load is refused by name") {
    CHECK(parse({"--prot", "1"}).error().message() == "option --prot 1: is not understood");
    CHECK(parse({"--port", "0"}).error().message() == "option --port 0: is not understood");
    CHECK(parse({"--pattern", "x"}).error().message() == "option --pattern x: is not understood");
    CHECK(parse({"--replies", "x"}).error().message() == "option --replies x: is not understood");
    CHECK(parse({"--writes", "101"}).error().message() == "option --writes 101: is not understood");
    CHECK(parse({"--writes", "1", "--replies", "structured"}).error().message() ==
          "option --writes: needs simple replies");
    CHECK(parse({"--port"}).error().message() == "option --port: needs a value");
}
