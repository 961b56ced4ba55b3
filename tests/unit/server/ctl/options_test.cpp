#include "server/ctl/options.h"

#include <vector>

#include "tests/support/catch.h"

using nbdroot::server::control::Request;
using nbdroot::server::ctl::Options;
using nbdroot::server::ctl::parse_options;
using Command = Request::Command;
using Words = std::vector<const char*>;

TEST_CASE("what nbd-rootserverctl is asked for") {
    using namespace std::chrono_literals;
    const auto [words, expected] = GENERATE(table<Words, Options>({
        {{"clients"}, {}},
        {{"clients", "--json"}, {.json = true}},
        {{"-s", "/x", "stats"}, {.socket = "/x", .request = {.command = Command::stats}}},
        {{"exports", "--socket=/x"}, {.socket = "/x", .request = {.command = Command::exports}}},
        {{"reload"}, {.request = {.command = Command::reload}}},
        {{"drain"}, {.request = {.command = Command::drain}}},
        {{"drain", "debian", "--timeout", "5"},
         {.request = {.command = Command::drain, .export_name = "debian", .timeout = 5s}}},
        {{"--timeout=0", "drain", "--", "-odd"},
         {.request = {.command = Command::drain, .export_name = "-odd", .timeout = 0s}}},
        {{"drain", ""}, {.request = {.command = Command::drain, .export_name = ""}}},
        {{"resume"}, {.request = {.command = Command::resume}}},
        {{"resume", "a"}, {.request = {.command = Command::resume, .export_name = "a"}}},
        {{"disconnect", "[fd00::1]:7"},
         {.request = {.command = Command::disconnect, .client = "[fd00::1]:7"}}},
        {{"--help"}, {.action = Options::Action::help}},
        {{"bogus", "-V"}, {.action = Options::Action::version}},
    }));
    const auto options = parse_options(words);
    REQUIRE(options);
    CHECK(*options == expected);
}

TEST_CASE("what nbd-rootserverctl cannot be asked for") {
    const auto [words, expected] = GENERATE(table<Words, std::string>({
        {Words(), "option: a command is needed; --help lists them"},
        {{"shutdown"}, "command shutdown: unknown; --help lists the commands"},
        {{"clients", "x"}, "command clients: unexpected argument 'x'"},
        {{"drain", "a", "b"}, "command drain: unexpected argument 'b'"},
        {{"disconnect"}, "command disconnect: needs a word: CLIENT"},
        {{"--bogus", "clients"}, "option --bogus: unknown; --help lists the options"},
        {{"clients", "--socket"}, "option --socket: needs a value"},
        {{"clients", "--socket="}, "option --socket: empty"},
        {{"drain", "--timeout", "soon"}, "option --timeout: 'soon' is no number from 0 to 3600"},
        {{"drain", "--timeout", "3601"}, "option --timeout: '3601' is no number from 0 to 3600"},
        {{"clients", "--timeout", "5"}, "option --timeout: not with clients: only drain waits"},
    }));
    const auto options = parse_options(words);
    REQUIRE_FALSE(options);
    CHECK(options.error().message() == expected);
}
