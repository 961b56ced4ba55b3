#include "agent/resident/request.h"

#include "tests/support/catch.h"

namespace nbdroot::agent::resident {

TEST_CASE("requests of the control socket") {
    const auto [line, request] = GENERATE(table<std::string, Request>({
        {"status", Ask{Ask::What::status}},
        {"info", Ask{Ask::What::info}},
        {"info rack 7, shelf 2", SetInfo{"rack 7, shelf 2"}},
        {"info ", SetInfo{""}},
        {"info  two blanks", SetInfo{" two blanks"}},
        {"timeout", Ask{Ask::What::timeout}},
        {"timeout 0", SetTimeout{0}},
        {"timeout 1000000", SetTimeout{1'000'000}},
        {"log", Ask{Ask::What::log}},
        {"log debug", SetLog{Level::debug}},
        {"log error", SetLog{Level::error}},
        {"debug", Ask{Ask::What::debug}},
        {"reconnect", ConnectAnew{}},
        {"reconnect 2", ConnectAnew{"2"}},
        {"reconnect 10.0.0.2:10809", ConnectAnew{"10.0.0.2:10809"}},
        {"disconnect", EndDevice{}},
        {"disconnect force", EndDevice{.by_force = true}},
        {"ending none", AnnounceEnd{}},
        {"ending reboot", AnnounceEnd{MachineEnd::reboot}},
    }));
    CAPTURE(line);
    const auto parsed = parse_request(line);
    REQUIRE(parsed);
    CHECK((*parsed == request));
}

TEST_CASE("what is no request is refused with the reason") {
    const auto [line, reason] = GENERATE(table<std::string, std::string>({
        {"", "unknown request ''"},
        {"dance", "unknown request 'dance'"},
        {"status now", "status takes no value"},
        {"debug all", "debug takes no value"},
        {"ending", "ending needs a value"},
        {"ending sleep", "unknown verb 'sleep'; there are: poweroff, reboot, halt, kexec, none"},
        {"timeout -1", "timeout: '-1' is no number of seconds from 0 to 1000000"},
        {"timeout 1000001", "timeout: '1000001' is no number of seconds from 0 to 1000000"},
        {"timeout ", "timeout: '' is no number of seconds from 0 to 1000000"},
        {"log loud", "log: unknown level 'loud'; there are: error, warning, info, debug"},
        {"reconnect ", "reconnect: which server?"},
        {"disconnect gently", "disconnect: 'gently' is not understood"},
        {"info caf\xc3\xa9", "info: printable ASCII only"},
        {"info " + std::string(kLongestInfo + 1, 'x'), "info: 201 characters; at most 200"},
    }));
    const auto parsed = parse_request(line);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().reason == reason);
}

}  // namespace nbdroot::agent::resident
