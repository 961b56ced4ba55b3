#include "agent/control/debug_text.h"

#include "tests/support/catch.h"

namespace nbdroot::agent::control {
namespace {

constexpr const char* kNetlink =
    R"({"device":"/dev/nbd0","attach":"netlink","relay":null,"events":[)"
    R"({"number":6,"at_ms":1000,"level":"info","text":"one"},)"
    R"({"number":7,"at_ms":2500,"level":"warning","text":"two\u001b"}]})"
    "\n";
constexpr const char* kRelay =
    R"({"device":"/dev/nbd0","attach":"ioctl","relay":{"reads":1,"writes":2,"flushes":3,)"
    R"("trims":4,"others":5,"in_flight":1,"replies":14,"resent":2,"failed":0,"waiting":[)"
    R"({"type":"write","cookie":"00","offset":4096,"length":512,"flags":0,"waits_ms":1250}]},)"
    R"("events":[]})"
    "\n";
const KernelView kKernel{
    .figures =
        base::BlockFigures{.reads = 10, .writes = 20, .discards = 1, .flushes = 2, .in_flight = 3},
    .queue = "0 {.op=READ, .state=in_flight, .tag=23, .internal_tag=-1}\n",
    .trouble = {}};
constexpr Instant kNow{Duration{101'500}};

std::string describe(const char* agent, const KernelView& kernel, const RequestTrace* trace,
                     std::int64_t shown = 0) {
    const auto json = base::parse_json(debug_json(agent, kernel, trace, kNow));
    REQUIRE(json);
    return describe_debug(*json, shown);
}

}  // namespace

TEST_CASE("where the kernel has the connection, its counters and its queue; the rest is unknown") {
    CHECK(describe(kNetlink, kKernel, nullptr) ==
          "device      /dev/nbd0 (netlink)\n"
          "completed   10 reads, 20 writes, 1 trims, 2 flushes\n"
          "in flight   3 in the kernel\n"
          "queue       READ in_flight tag 23\n"
          "waits       offset, length and age are known only with --follow\n"
          "event       1.0 s info one\n"
          "event       2.5 s warning two\\x1b\n");
}

TEST_CASE("with the tracepoints, what waits has place and age; events are shown once") {
    RequestTrace trace;
    trace.read("k-1 [0] . 100.000000: block_rq_issue: 43,0 R 512 () 64 + 8 [k]\n");
    CHECK(describe(kNetlink, {}, &trace, 6) ==
          "device      /dev/nbd0 (netlink)\n"
          "waits       1.5 s: read of 4096 bytes at 32768\n"
          "event       2.5 s warning two\\x1b\n");
}

TEST_CASE("that events of the trace were lost is said") {
    RequestTrace trace;
    trace.read("k-1 [0] . 100.000000: block_rq_issue: 43,0 R 512 () 64 + 8 [k]\n");
    trace.read("CPU:0 [LOST 12 EVENTS]\n");
    trace.read("k-1 [0] . 100.500000: block_rq_issue: 43,0 R 512 () 32 + 8 [k]\n");
    CHECK(describe(kNetlink, {}, &trace, 7) ==
          "device      /dev/nbd0 (netlink)\n"
          "waits       1.0 s: read of 4096 bytes at 16384\n"
          "lost        12 events; what was issued before is not shown\n");
}

TEST_CASE("a relay knows its requests itself") {
    CHECK(describe(kRelay, {.trouble = "no debugfs"}, nullptr) ==
          "device      /dev/nbd0 (ioctl, relay)\n"
          "queue       no debugfs\n"
          "relay       1 reads, 2 writes, 4 trims, 3 flushes, 5 others\n"
          "answers     14, 2 requests sent again, 0 failed, 1 wait\n"
          "waits       1.2 s: write of 512 bytes at 4096\n");
}

TEST_CASE("for programs it is one line of JSON") {
    RequestTrace trace;
    trace.read("k-1 [0] . 100.000000: block_rq_issue: 43,0 R 512 () 64 + 8 [k]\n");
    const std::string text = debug_json(kNetlink, kKernel, &trace, kNow);
    const auto json = base::parse_json(text);
    REQUIRE(json);
    CHECK((*json)["kernel"]["reads"].number() == 10);
    CHECK((*json)["kernel"]["queue"].items().at(0)["tag"].text() == "23");
    CHECK((*json)["kernel"]["waiting"].items().at(0)["waits_ms"].number() == 1500);
    CHECK((*json)["kernel"]["lost_events"].number() == 0);
    CHECK((*json)["kernel"]["lost_events"].kind() == JsonValue::Kind::number);
    CHECK((*json)["agent"]["events"].items().size() == 2);
    CHECK(text.find('\n') == text.size() - 1);
    const auto blind = base::parse_json(debug_json(kNetlink, {}, nullptr, kNow));
    REQUIRE(blind);
    CHECK((*blind)["kernel"]["waiting"].is_null());
    CHECK((*blind)["kernel"]["lost_events"].is_null());
}

}  // namespace nbdroot::agent::control
