#include "agent/rescue/command_lines.h"

#include <stdlib.h>
#include <unistd.h>

#include <string>

#include "lib/sys/file.h"
#include "tests/support/catch.h"

using namespace nbdroot;
using agent::rescue::read_command_lines;

TEST_CASE("an added command line that is still without a word counts as absent") {
    char name[] = "/tmp/nbdroot-cmdline-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    const std::string folder = name;
    const std::string file = folder + "/cmdline";
    const auto [text, expected] = GENERATE(table<std::string, std::string>({
        {"", ""},
        {"\n", ""},
        {" \t\n\n", ""},
        {"# not yet\n", ""},
        {"nbdroot=10.0.0.7\n", "nbdroot=10.0.0.7\n"},
    }));
    REQUIRE(sys::replace_file(file, text));
    const auto texts = read_command_lines(
        {.defaults = "/nowhere", .kernel = "/proc/cmdline", .added = file.c_str()});
    REQUIRE(texts);
    CHECK(texts->added == expected);
    CHECK(texts->defaults.empty());
    ::unlink(file.c_str());
    CHECK(read_command_lines({.added = file.c_str()})->added.empty());
    ::rmdir(name);
}
