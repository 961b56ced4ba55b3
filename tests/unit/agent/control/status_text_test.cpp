#include "agent/control/status_text.h"

#include "tests/support/catch.h"

using nbdroot::JsonValue;
using nbdroot::agent::control::describe_status;
using nbdroot::base::parse_json;

namespace {

constexpr nbdroot::Instant kNow{nbdroot::Duration{100'000}};

}  // namespace

TEST_CASE("the status of a connection, a line for each thing that is known") {
    const auto status = parse_json(
        R"({"version":"0.1.0","device":"/dev/nbd0","attach":"netlink","state":"connecting",)"
        R"("server":"10.0.2.2:1234/x","name":"x@1.2","size_bytes":33554432,"reconnects":3,)"
        R"("longest_outage_ms":12345,"lost_at_ms":99000,"last_error":"connect: refused\u001b",)"
        R"("network":{"interface":"eth0","address":"10.0.2.15/24",)"
        R"("lease":{"server":"10.0.2.2","state":"bound","left_s":1799}},)"
        R"("relay":{"in_flight":1,"kept_bytes":4096,"replies":7,"resent":2,"failed":0}})");
    REQUIRE(status);
    CHECK(describe_status(*status, kNow) ==
          "device      /dev/nbd0 (netlink, relay)\n"
          "state       connecting\n"
          "server      10.0.2.2:1234/x\n"
          "image       x@1.2\n"
          "size        32.0 MiB\n"
          "reconnects  3, longest outage 12.3 s\n"
          "lost        99.0 s after the start\n"
          "last error  connect: refused\\x1b\n"
          "network     eth0 10.0.2.15/24\n"
          "lease       bound, by 10.0.2.2, ends in 1799 s\n"
          "relay       1 in flight, 4096 bytes kept, 7 replies, 2 resent, 0 failed\n");
}

TEST_CASE("a network without lease, a lease without end, and one that has ended") {
    const auto [status, line] = GENERATE(table<std::string, std::string>({
        {R"({"network":{"interface":"eth0","address":"","lease":null}})", "network     eth0\n"},
        {R"({"network":{"lease":{"server":"10.0.2.2","state":"bound","left_s":null}}})",
         "lease       bound, by 10.0.2.2, for ever\n"},
        {R"({"network":{"lease":{"server":"10.0.2.2","state":"selecting","left_s":-3}}})",
         "lease       selecting, by 10.0.2.2, has ended\n"},
    }));
    const auto parsed = parse_json(status);
    REQUIRE(parsed);
    CHECK(describe_status(*parsed, kNow).find(line) != std::string::npos);
}

TEST_CASE("a machine that is ending says how, and how long it may take without a server") {
    const auto [status, line] = GENERATE(table<std::string, std::string>({
        {R"({"ending":"reboot","shutdown_timeout_s":120})",
         "ending      reboot, at the latest after 120 s without a server\n"},
        {R"({"ending":"halt","shutdown_timeout_s":0})", "ending      halt\n"},
        {R"({"ending":null,"shutdown_timeout_s":120})", ""},
    }));
    const auto value = parse_json(status);
    REQUIRE(value);
    CHECK(describe_status(*value, kNow) == line);
}

TEST_CASE("a status without its members has no lines for them") {
    CHECK(describe_status(JsonValue(), kNow).empty());
}

TEST_CASE("what operators look for: since when, which servers, flags, round trip, what they set") {
    const auto status = parse_json(
        R"({"device":"/dev/nbd0","attach":"ioctl","state":"connected","connected_at_ms":98700,)"
        R"("server":"10.0.0.2:1234","server_software":"nbd-rootserver 1","name":"",)"
        R"("size_bytes":0,"flags":["read-only","flush"],"servers":[)"
        R"({"number":1,"server":"10.0.0.2:1234","usable":true},)"
        R"({"number":2,"server":"10.0.0.3:1234","usable":true},)"
        R"({"number":3,"server":"10.0.0.4:1234","usable":false}],)"
        R"("rtt_us":1239,"timeout_s":30,"log":"debug","info":"rack 7"})");
    REQUIRE(status);
    CHECK(describe_status(*status, kNow) ==
          "device      /dev/nbd0 (ioctl)\n"
          "state       connected for 1.3 s\n"
          "server      10.0.0.2:1234\n"
          "software    nbd-rootserver 1\n"
          "servers     1 10.0.0.2:1234 (in use)\n"
          "            2 10.0.0.3:1234\n"
          "            3 10.0.0.4:1234 (may not be used: nbdroot.failover)\n"
          "size        0 B\n"
          "flags       read-only flush\n"
          "round trip  1239 us\n"
          "timeout     30 s\n"
          "log         debug\n"
          "info        rack 7\n");
}

TEST_CASE("a server that does not tell its software is said not to, while there is one") {
    const auto [status, text] = GENERATE(table<std::string, std::string>({
        {R"({"state":"connected","connected_at_ms":100000,"server_software":null})",
         "state       connected for 0.0 s\nsoftware    not told by this server\n"},
        {R"({"state":"connecting","server_software":null})", "state       connecting\n"},
    }));
    const auto value = parse_json(status);
    REQUIRE(value);
    CHECK(describe_status(*value, kNow) == text);
}

TEST_CASE("one server needs no list, and no timeout no line") {
    const auto status = parse_json(
        R"({"server":"a:1","servers":[{"number":1,"server":"a:1","usable":true}],"timeout_s":0})");
    REQUIRE(status);
    CHECK(describe_status(*status, kNow) == "server      a:1\n");
}
