#include "agent/rescue/command.h"

#include "tests/support/catch.h"

using namespace nbdroot::agent::rescue;
using Kind = Command::Kind;

TEST_CASE("each command of the rescue prompt, and what is none") {
    const auto [line, expected] = GENERATE(table<std::string, Command>({
        {"", {}},
        {"  \t", {}},
        {"help", {Kind::help}},
        {" state ", {Kind::state}},
        {"log\r", {Kind::log}},
        {"retry", {Kind::retry}},
        {"reboot", {Kind::reboot}},
        {"poweroff", {Kind::poweroff}},
        {"nbdroot=10.0.0.7:1234", {Kind::parameters, "nbdroot=10.0.0.7:1234"}},
        {"nbdroot=10.0.0.7 ip=dhcp ro", {Kind::parameters, "nbdroot=10.0.0.7 ip=dhcp ro"}},
        {"rw", {Kind::parameters, "rw"}},
        {"rootflags=\"a b\"", {Kind::parameters, "rootflags=\"a b\""}},
        {"nbdroot 10.0.0.7", {Kind::unknown, "nbdroot"}},
        {"retry now", {Kind::unknown, "retry"}},
        {"nbdroot=10.0.0.7 please", {Kind::unknown, "please"}},
        {"Help", {Kind::unknown, "Help"}},
        {"ls", {Kind::unknown, "ls"}},
    }));
    CHECK(parse_command(line) == expected);
}

TEST_CASE("a word that is no command is answered with one line that names them") {
    const std::string text = refuse_command("sl\x1b[2J");
    CHECK(text ==
          "'sl\\x1b[2J' is no command; there are: help, state, log, retry, reboot, poweroff, and "
          "parameters like nbdroot=HOST:PORT\n");
    CHECK(refuse_command(std::string(500, 'x')).size() < 200);
}

TEST_CASE("every command is in the help") {
    for (const char* const word : {"state", "log", "retry", "nbdroot=", "reboot", "poweroff"}) {
        CHECK(help_text().find(word) != std::string_view::npos);
    }
}
