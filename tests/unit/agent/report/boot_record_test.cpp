#include "agent/report/boot_record.h"

#include "tests/support/catch.h"

using namespace nbdroot;
using namespace nbdroot::agent::report;

namespace {

Instant at(int ms) { return Instant(Duration(ms)); }

}  // namespace

TEST_CASE("a phase that begins ends the one before") {
    BootRecord record;
    record.begin("network", at(1000));
    record.begin("connect", at(1420));
    record.end(at(1500));
    record.end(at(9999));
    CHECK(record.phases ==
          std::vector<Phase>{{"network", at(1000), at(1420)}, {"connect", at(1420), at(1500)}});
}

TEST_CASE("the boot record is one JSON object whatever the error says") {
    BootRecord record{.state = BootRecord::State::failed,
                      .started = at(990),
                      .error = "connect \"x\": no\nway",
                      .network = "network eth0 10.0.2.15/24",
                      .servers = {"10.0.2.2:1234", "10.0.2.3:1234"},
                      .server = "10.0.2.2:1234",
                      .device = {},
                      .init = {},
                      .phases = {{"network", at(1000), at(1420)}, {"connect", at(1420), {}}}};
    CHECK(
        to_json(record) ==
        "{\"version\":\"" NBDROOT_VERSION
        "\",\"state\":\"failed\",\"started_ms\":990,\"error\":\"connect \\\"x\\\": no\\u000away\","
        "\"network\":\"network eth0 10.0.2.15/24\","
        "\"servers\":[\"10.0.2.2:1234\",\"10.0.2.3:1234\"],"
        "\"server\":\"10.0.2.2:1234\",\"device\":null,\"init\":null,\"phases\":["
        "{\"name\":\"network\",\"start_ms\":1000,\"end_ms\":1420},"
        "{\"name\":\"connect\",\"start_ms\":1420,\"end_ms\":null}]}\n");
}

TEST_CASE("each state has its name in the boot record") {
    const auto [state, name] = GENERATE(table<BootRecord::State, const char*>({
        {BootRecord::State::booting, "\"state\":\"booting\""},
        {BootRecord::State::attached, "\"state\":\"attached\""},
        {BootRecord::State::switched_root, "\"state\":\"switched-root\""},
        {BootRecord::State::failed, "\"state\":\"failed\""},
    }));
    BootRecord record;
    record.state = state;
    CHECK(to_json(record).find(name) != std::string::npos);
}

TEST_CASE("endless retries do not make the boot record grow without end") {
    BootRecord record;
    for (int i = 0; i < 1000; ++i) record.begin("network", at(i));
    CHECK(record.phases.size() == 64);
    CHECK(record.phases.back().start == at(999));
}
