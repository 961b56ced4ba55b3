#include "agent/resident/status.h"

#include "tests/support/catch.h"

namespace nbdroot::agent::resident {
namespace {

Plan plan() {
    Plan plan;
    plan.servers.resize(1);
    plan.servers[0].target.host = "10.0.0.1";
    plan.servers[0].address = sys::make_socket_address(0x0a000001, 10809);
    plan.device = "nbd0";
    plan.identity.size_bytes = 4096;
    plan.identity.transmission_flags = 0b111;
    plan.identity.canonical_name = "debian@id.token";
    return plan;
}

}  // namespace

TEST_CASE("status names server, image, and what happened since the boot") {
    const Plan of = plan();
    Reconnect::Report report;
    report.reconnects = 3;
    report.longest_outage = Duration{3210};
    report.last_error = "connect 10.0.0.1:10809: Connection refused";
    CHECK(to_json({.plan = of, .identity = of.identity, .report = report, .relay = std::nullopt}) ==
          R"({"version":")" NBDROOT_VERSION
          R"(","device":"/dev/nbd0","attach":"netlink","state":"connected",)"
          R"("server":"10.0.0.1:10809","host":"10.0.0.1","port":10809,"export":"",)"
          R"("name":"debian@id.token","size_bytes":4096,)"
          R"("image_id":"id","server_software":null,"flags":["read-only","flush"],)"
          R"("servers":[{"number":1,"server":"10.0.0.1:10809","usable":true}],)"
          R"("connected_at_ms":0,"timeout_s":0,"log":"info","info":"","reconnects":3,)"
          R"("longest_outage_ms":3210,"lost_at_ms":null,)"
          R"("last_error":"connect 10.0.0.1:10809: Connection refused",)"
          R"("ending":null,"shutdown_timeout_s":120,"network":null,"relay":null})"
          "\n");
}

TEST_CASE("what operators have set, and what is known of the server") {
    Plan of = plan();
    of.barred.resize(1);
    of.barred[0].target.host = "10.0.0.2";
    const std::string text = to_json({.plan = of,
                                      .identity = of.identity,
                                      .report = {},
                                      .relay = std::nullopt,
                                      .timeout_seconds = 5,
                                      .log_level = Level::debug,
                                      .info = "rack \"7\"",
                                      .round_trip_us = 1234,
                                      .server_software = "nbd-rootserver 1"});
    CHECK(text.find(R"("server_software":"nbd-rootserver 1","flags":)") != std::string::npos);
    CHECK(text.find(R"({"number":2,"server":"10.0.0.2:10809","usable":false}])") !=
          std::string::npos);
    CHECK(text.find(R"("rtt_us":1234,"timeout_s":5,"log":"debug","info":"rack \"7\"",)") !=
          std::string::npos);
}

TEST_CASE("the image is the one of the connection in use, not of the boot's first one") {
    const Plan of = plan();
    attach::Identity now = of.identity;
    now.canonical_name = "debian@other.token";
    const std::string text =
        to_json({.plan = of, .identity = now, .report = {}, .relay = std::nullopt});
    CHECK(text.find(R"("name":"debian@other.token","size_bytes":4096,"image_id":"other")") !=
          std::string::npos);
}

TEST_CASE("the network is named, with its lease where it has one") {
    const Plan of = plan();
    const Reconnect::Report report;
    NetworkStatus network{.interface = "eth0", .address = "10.0.0.5/24", .lease = {}};
    const auto text = [&] {
        return to_json({.plan = of,
                        .identity = of.identity,
                        .report = report,
                        .relay = std::nullopt,
                        .network = network});
    };
    CHECK(text().find(R"("network":{"interface":"eth0","address":"10.0.0.5/24","lease":null})") !=
          std::string::npos);
    network.lease = {.server = "10.0.0.1", .state = "renewing", .left_seconds = 17};
    CHECK(text().find(R"("lease":{"server":"10.0.0.1","state":"renewing","left_s":17}})") !=
          std::string::npos);
    network.lease->left_seconds.reset();
    CHECK(text().find(R"("left_s":null}})") != std::string::npos);
}

TEST_CASE("an outage that goes on has its begin, a relay its counters") {
    Plan of = plan();
    of.by_netlink = false;
    of.is_relayed = true;
    Reconnect::Report report;
    report.state = Reconnect::State::pausing;
    report.ending = MachineEnd::kexec;
    report.lost_at = Instant{Duration{77}};
    const RelayCounters relay{
        .in_flight = 2, .kept_bytes = 60, .replies = 9, .resent = 1, .failed = 4};
    const std::string text =
        to_json({.plan = of, .identity = of.identity, .report = report, .relay = relay});
    CHECK(text.find(R"("attach":"ioctl","state":"pausing")") != std::string::npos);
    CHECK(text.find(R"("ending":"kexec")") != std::string::npos);
    CHECK(text.find(R"("lost_at_ms":77)") != std::string::npos);
    CHECK(
        text.find(R"("relay":{"in_flight":2,"kept_bytes":60,"replies":9,"resent":1,"failed":4})") !=
        std::string::npos);
}

}  // namespace nbdroot::agent::resident
