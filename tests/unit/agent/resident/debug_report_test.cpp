#include "agent/resident/debug_report.h"

#include "lib/base/json_value.h"
#include "tests/support/catch.h"

namespace nbdroot::agent::resident {
namespace {

using protocol::nbd::Command;

DebugReport report() {
    return {.device = "nbd0",
            .by_netlink = false,
            .block = BlockCounts{.completed = 9, .in_flight = 2},
            .relay = RelayCounters{.in_flight = 2, .replies = 3, .resent = 1},
            .requests = {.reads = 2, .writes = 2, .flushes = 1},
            .waiting = {{.request = {.command = Command::write,
                                     .flags = 1,
                                     .cookie = 0x0102030405060708,
                                     .offset_bytes = 4096,
                                     .length_bytes = 512},
                         .waits = Duration{1'250}}},
            .events = {{.number = 7, .at = Instant{Duration{2'000}}, .text = "connected"}}};
}

}  // namespace

TEST_CASE("counters, what waits, and the last events as JSON") {
    const std::string text = to_json(report());
    const auto json = base::parse_json(text);
    REQUIRE(json);
    const auto& relay = (*json)["relay"];
    CHECK((*json)["device"].text() == "/dev/nbd0");
    CHECK((*json)["attach"].text() == "ioctl");
    CHECK(relay["reads"].number() == 2);
    CHECK(relay["flushes"].number() == 1);
    REQUIRE(relay["waiting"].items().size() == 1);
    const auto& waiting = relay["waiting"].items()[0];
    CHECK(waiting["type"].text() == "write");
    CHECK(waiting["offset"].number() == 4096);
    CHECK(waiting["waits_ms"].number() == 1250);
    REQUIRE((*json)["events"].items().size() == 1);
    CHECK((*json)["events"].items()[0]["text"].text() == "connected");
}

TEST_CASE("without a relay there is nothing of one") {
    auto of = report();
    of.relay.reset();
    const auto json = base::parse_json(to_json(of));
    REQUIRE(json);
    CHECK((*json)["relay"].is_null());
}

TEST_CASE("the longest report fits what nbdrootctl reads") {
    auto of = report();
    of.waiting.assign(DebugReport::kWaitingShown, {.request = {.command = Command::write_zeroes,
                                                               .flags = 0xffff,
                                                               .cookie = ~0ULL,
                                                               .offset_bytes = 1ULL << 62,
                                                               .length_bytes = ~0U},
                                                   .waits = std::chrono::hours(24 * 365)});
    of.events.assign(EventRing::kPlaces, {.number = 1ULL << 40,
                                          .at = Instant{std::chrono::hours(24 * 365)},
                                          .level = Level::warning,
                                          .text = std::string(237, '"')});
    CHECK(base::parse_json(to_json(of)).has_value());
}

TEST_CASE("the same as lines for a log") {
    CHECK(to_lines(report()) ==
          std::vector<std::string>{
              "debug: /dev/nbd0, 9 completed, 2 in flight in the kernel",
              "debug: relay: reads 2 writes 2 flushes 1 trims 0 others 0 in_flight 2 replies 3 "
              "resent 1 failed 0",
              "debug: waits 1.2 s: write of 512 bytes at 4096",
              "debug: event 7 at 2.0 s: connected"});
}

}  // namespace nbdroot::agent::resident
