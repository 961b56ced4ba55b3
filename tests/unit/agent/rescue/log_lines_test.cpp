#include "agent/rescue/log_lines.h"

#include "tests/support/catch.h"

using namespace nbdroot::agent::rescue;

TEST_CASE("the agent's lines are told from the kernel's") {
    const auto lines = agent_lines(
        "<6>[    0.000000] Linux version 6.1 with nbdroot [x] in its name\n"
        "<14>[    1.421234] nbdroot [  1.42] modules 9 loaded\n"
        "<12>[    2.000000][    T1] nbdroot [  2.00] attach: connect 10.0.0.1:1: refused\n"
        "<11>nbdroot [  3.00] no stamp\x1b[2J\n"
        "<999999>[    4.0] nbdroot [  4.00] priority without sense\n"
        "nbdroot [  5.00] no priority\n");
    CHECK(lines == std::vector<LogLine>{
                       {6, "nbdroot [  1.42] modules 9 loaded"},
                       {4, "nbdroot [  2.00] attach: connect 10.0.0.1:1: refused"},
                       {3, "nbdroot [  3.00] no stamp\\x1b[2J"},
                       {6, "nbdroot [  4.00] priority without sense"},
                       {6, "nbdroot [  5.00] no priority"},
                   });
}

TEST_CASE("the last trouble is the last warning or error, without its stamp") {
    CHECK(last_trouble({}).empty());
    CHECK(last_trouble({{6, "nbdroot [  1.42] modules"}}).empty());
    CHECK(last_trouble({{3, "nbdroot [  1.00] a"}, {4, "nbdroot [  2.00] b] c"}, {6, "x"}}) ==
          "b] c");
    CHECK(last_trouble({{4, "nbdroot [  2.00] a"}, {4, "nbdroot [  3.00] boot: no root yet"}}) ==
          "a");
}
