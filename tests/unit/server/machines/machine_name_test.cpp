#include "server/machines/machine_name.h"

#include "tests/support/catch.h"

using nbdroot::server::config::MachineIdentity;
using nbdroot::server::config::OverlayConfig;
using nbdroot::server::config::OverlayKind;
using nbdroot::server::config::parse_host_address;
using nbdroot::server::machines::machine_of;

TEST_CASE("a machine that names itself is taken by its name, if it looks like one") {
    const OverlayConfig overlay{.kind = OverlayKind::temporary};
    const auto [name, fault] = GENERATE(Catch::Generators::table<std::string, std::string>({
        {"525400123456", ""},
        {"52:54:00:12:34:56", ""},
        {"lab-7.room_2", ""},
        {"", "has to match"},
        {".hidden", "has to match"},
        {"a b", "has to match"},
        {"a%2fb", "has to match"},
        {"a@b", "has to match"},
        {"a/b", "no slash"},
        {"..", "has to match"},
        {"a\nb", "control characters"},
        {std::string("a\0b", 3), "control characters"},
        {"a\x7f", "control characters"},
        {"\xc3\xa4", "has to match"},
        {std::string(64, 'x'), ""},
        {std::string(65, 'x'), "has to match"},
        {std::string(256, 'x'), "at most 255 bytes"},
    }));
    CAPTURE(name);
    const auto machine = machine_of({.machine = name}, overlay, "debian");
    CHECK(machine.has_value() == fault.empty());
    if (machine) CHECK(*machine == name);
    if (!machine) CHECK_THAT(machine.error().reason, Catch::Matchers::Contains(fault));
}

TEST_CASE("no pattern lets in what would break a line, or look like a path") {
    const OverlayConfig overlay{.kind = OverlayKind::temporary, .machine_pattern = ".*"};
    CHECK(machine_of({.machine = "a b@c"}, overlay, "debian"));
    CHECK_FALSE(machine_of({.machine = "a/b"}, overlay, "debian"));
    CHECK_FALSE(machine_of({.machine = "a\x1b[1mb"}, overlay, "debian"));
    CHECK_FALSE(machine_of({.machine = ""}, overlay, "debian"));
}

TEST_CASE("all of a name has to match, however the pattern is written") {
    const OverlayConfig overlay{.kind = OverlayKind::temporary, .machine_pattern = "a|ab|b+"};
    CHECK(machine_of({.machine = "ab"}, overlay, "debian"));
    CHECK_FALSE(machine_of({.machine = "abb"}, overlay, "debian"));
    CHECK_FALSE(machine_of({.machine = "xb"}, overlay, "debian"));
}

TEST_CASE("a client that names no machine gets a temporary overlay of its own, and no other") {
    CHECK(machine_of({}, {.kind = OverlayKind::temporary}, "debian") == std::string());
    const auto persistent = machine_of({}, {.kind = OverlayKind::persistent}, "debian");
    REQUIRE_FALSE(persistent);
    CHECK_THAT(persistent.error().reason, Catch::Matchers::Contains("ask for debian/NAME"));
}

TEST_CASE("where machines are told apart by address nothing else counts") {
    const OverlayConfig overlay{.kind = OverlayKind::persistent,
                                .identity = MachineIdentity::address};
    CHECK(machine_of({.address = *parse_host_address("10.0.0.7")}, overlay, "debian") ==
          std::string("10.0.0.7"));
    const auto unix_client = machine_of({}, overlay, "debian");
    REQUIRE_FALSE(unix_client);
    CHECK_THAT(unix_client.error().reason, Catch::Matchers::Contains("unix socket"));
}
