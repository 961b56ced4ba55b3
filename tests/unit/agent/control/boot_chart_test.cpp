#include "agent/control/boot_chart.h"

#include "lib/base/text.h"
#include "tests/support/catch.h"

using nbdroot::cat;
using nbdroot::agent::control::draw_boot;
using nbdroot::base::parse_json;
using nbdroot::base::split;

namespace {

std::string draw(std::string_view json) {
    const auto boot = parse_json(json);
    REQUIRE(boot);
    const auto chart = draw_boot(*boot);
    return chart ? *chart : chart.error().message();
}

}  // namespace

TEST_CASE("the phases of a boot are bars with their milliseconds") {
    CHECK(draw(R"({"state":"switched-root","started_ms":500,"error":null,"server":"10.0.2.2:1",)"
               R"("device":"/dev/nbd0","init":"/sbin/init","phases":[)"
               R"({"name":"config","start_ms":500,"end_ms":501},)"
               R"({"name":"network","start_ms":510,"end_ms":1000},)"
               R"({"name":"connect","start_ms":1000,"end_ms":null}]})") ==
          "state   switched-root\n"
          "server  10.0.2.2:1\n"
          "device  /dev/nbd0\n"
          "init    /sbin/init\n"
          "phase           start                                                    length\n"
          "kernel              0 ######################                             500 ms\n"
          "config            500                       #                              1 ms\n"
          "network           510                       #######################      490 ms\n"
          "connect          1000                                             #     running\n"
          "in all 1000 ms since the machine started\n");
}

TEST_CASE("a boot record that was not made by the agent is refused with what is wrong") {
    const auto [json, reason] = GENERATE(table<const char*, const char*>({
        {"{}", "it has no phases"},
        {"[]", "it has no phases"},
        {R"({"phases":[{}]})", "a phase lacks name, start_ms or end_ms"},
        {R"({"phases":[{"name":"a","start_ms":"x","end_ms":1}]})",
         "a phase lacks name, start_ms or end_ms"},
        {R"({"phases":[{"name":"a","start_ms":5,"end_ms":1}]})", "the times of phase a cannot be"},
        {R"({"phases":[{"name":"a","start_ms":-5,"end_ms":1}]})", "the times of phase a cannot be"},
        {R"({"phases":[{"name":"a","start_ms":0,"end_ms":9223372036854775807}]})",
         "the times of phase a cannot be"},
        {R"({"phases":[],"started_ms":-1})", "started_ms cannot be"},
    }));
    CHECK(draw(json) == nbdroot::cat("read boot.json: ", reason));
}

TEST_CASE("no line of a boot chart is wider than a terminal") {
    const std::string chart = draw(
        R"({"state":"failed","started_ms":9999999999,"phases":[{"name":)"
        R"("a very long name of a phase\u001b[2J","start_ms":9999000000,"end_ms":10000000000}]})");
    for (const std::string_view line : split(chart, '\n')) {
        CHECK(line.size() <= 80);
        for (const char c : line) CHECK((c >= ' ' && c < 0x7f));
    }
}

TEST_CASE("an error that is longer than a line is shown whole") {
    CHECK(draw(R"({"state":"failed","error":"negotiate 10.0.2.2:43779/nowhere: server has no )"
               R"(export 'nowhere'; it has: root.img, gave up after 1 s","phases":[]})")
              .starts_with("state   failed\n"
                           "error   negotiate 10.0.2.2:43779/nowhere: server has no export "
                           "'nowhere'; it\n"
                           "        has: root.img, gave up after 1 s\n"));
    const std::string word = draw(cat(R"({"error":")", std::string(100, 'x'), R"(","phases":[]})"));
    CHECK(word.starts_with(cat("error   ", std::string(72, 'x'), "\n        xxx")));
}

TEST_CASE("a boot record without phases or time is drawn") {
    CHECK(draw(R"({"phases":[]})").find("in all 1 ms") != std::string::npos);
}
