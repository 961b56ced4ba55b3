#include "server/ctl/overlay_report.h"

#include "lib/base/json_value.h"
#include "tests/support/catch.h"

using nbdroot::base::parse_json;
using nbdroot::server::ctl::describe;
using nbdroot::server::ctl::faults_of;
using nbdroot::server::ctl::to_json;
using nbdroot::server::storage::overlay::CheckReport;

namespace {

CheckReport sound() {
    return {.faults = {},
            .notes = {"2 records are not flushed; a crash of the host loses them"},
            .identity = {{.base_id = "abc",
                          .image_bytes = 10 * 4096,
                          .export_name = "debian",
                          .machine = "52\x1b[2J",
                          .created_seconds = 1'795'435'200}},
            .blocks = 10,
            .data_blocks = 3,
            .zero_blocks = 1,
            .log_records = 5,
            .unflushed_records = 2};
}

}  // namespace

TEST_CASE("a sound overlay for people") {
    CHECK(describe("/o/11", sound()) ==
          "overlay   /o/11\n"
          "export    debian\n"
          "machine   52\\x1b[2J\n"
          "image     abc, 40.0 KiB, begun 2026-11-23\n"
          "blocks    10: 3 written (12.0 KiB), 1 zeroed, the others as in the image\n"
          "log       5 records, 2 of them not flushed\n"
          "note      2 records are not flushed; a crash of the host loses them\n"
          "result    sound\n");
    CHECK(faults_of("/o/11", sound()).empty());
}

TEST_CASE("faults of an overlay that cannot be read") {
    CheckReport report;
    report.faults = {"map: read: too short for a header", "and\nmore"};
    CHECK(describe("x\n", report) == "overlay   x\\x0a\nresult    2 faults\n");
    CHECK(faults_of("x", report) == "x: map: read: too short for a header\nx: and\\x0amore");
    const auto json = parse_json(to_json("x", report));
    REQUIRE(json);
    CHECK_FALSE((*json)["sound"].truth());
    CHECK((*json)["image_id"].is_null());
    CHECK((*json)["faults"].items().size() == 2);
}

TEST_CASE("an overlay for programs") {
    const auto json = parse_json(to_json("/o/11", sound()));
    REQUIRE(json);
    CHECK((*json)["path"].text() == "/o/11");
    CHECK((*json)["sound"].truth());
    CHECK((*json)["machine"].text() == "52\x1b[2J");
    CHECK((*json)["data_blocks"].number() == 3);
    CHECK((*json)["notes"].items().size() == 1);
}

TEST_CASE("a time that no calendar has is no date") {
    CheckReport report = sound();
    report.identity->created_seconds = UINT64_MAX;
    CHECK(describe("x", report).find("begun at an impossible time") != std::string::npos);
}
