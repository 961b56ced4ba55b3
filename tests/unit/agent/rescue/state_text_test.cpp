#include "agent/rescue/state_text.h"

#include "tests/support/catch.h"

using nbdroot::JsonValue;
using nbdroot::base::parse_json;
using namespace nbdroot::agent::rescue;

TEST_CASE("the state of a boot that waits for its server") {
    const auto boot = parse_json(
        R"({"state":"booting","error":null,"network":"network eth0 10.0.2.15/24",)"
        R"("servers":["10.0.2.2:1","10.0.2.3:1/x"],"server":null,"device":null,"phases":[)"
        R"({"name":"network","start_ms":1000,"end_ms":1420},)"
        R"({"name":"connect","start_ms":12345,"end_ms":null}]})");
    REQUIRE(boot);
    CHECK(describe_state({.boot = *boot,
                          .status = {},
                          .trouble = "attach: connect 10.0.2.2:1: Connection refused",
                          .added = "nbdroot=10.0.2.2:1"}) ==
          "phase    connect, begun 12.3 s after the start\n"
          "error    attach: connect 10.0.2.2:1: Connection refused\n"
          "network  eth0 10.0.2.15/24\n"
          "servers  10.0.2.2:1, 10.0.2.3:1/x\n"
          "added    nbdroot=10.0.2.2:1\n");
}

TEST_CASE("the state of a boot that has failed names its error and the connection") {
    const auto boot =
        parse_json(R"({"state":"failed","error":"mount \u001b: no","server":"10.0.2.2:1","device":)"
                   R"("/dev/nbd0","phases":[{"name":"mount","start_ms":1000,"end_ms":1420}]})");
    const auto status = parse_json(R"({"state":"connected"})");
    REQUIRE(boot);
    REQUIRE(status);
    CHECK(describe_state({.boot = *boot, .status = *status, .trouble = "x", .added = ""}) ==
          "phase    mount, failed\n"
          "error    mount \\x1b: no\n"
          "server   10.0.2.2:1\n"
          "device   /dev/nbd0\n"
          "link     connected\n");
}

TEST_CASE("a boot record that cannot be read leaves a state without details") {
    CHECK(describe_state({.boot = {}, .status = {}, .trouble = {}, .added = {}}) ==
          "phase    none yet\n");
}
