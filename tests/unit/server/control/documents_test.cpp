#include "server/control/documents.h"

#include "lib/base/json_value.h"
#include "tests/support/catch.h"

using nbdroot::Duration;
using nbdroot::Instant;
using nbdroot::JsonValue;
using nbdroot::base::parse_json;
using nbdroot::server::session::ClientView;
namespace control = nbdroot::server::control;

namespace {

constexpr std::int64_t kNoon = 1'795'435'200'000'000;  // 2026-11-23 12:00 UTC

JsonValue parsed(const std::string& text) {
    const auto value = parse_json(text, 1 << 24);
    REQUIRE(value);
    return *value;
}

}  // namespace

TEST_CASE("calendar times in UTC") {
    const auto [us, expected] = GENERATE(table<std::int64_t, std::string>({
        {0, "1970-01-01T00:00:00Z"},
        {kNoon, "2026-11-23T12:00:00Z"},
        {951'827'696'999'999, "2000-02-29T12:34:56Z"},
        {4'102'444'799'000'000, "2099-12-31T23:59:59Z"},
    }));
    CHECK(control::utc_text(us) == expected);
}

TEST_CASE("a client in its document") {
    const Instant now{Duration(100'000)};
    ClientView client{.id = 17,
                      .peer = "10.0.0.7:40001",
                      .export_name = "a \"b\"\xff",
                      .image_id = "abc",
                      .boot_token = "ab12cd34",
                      .state = ClientView::State::active,
                      .writes = true,
                      .since = now - Duration(61'000),
                      .last_seen = now - Duration(1'500),
                      .traffic = {.requests_by_kind = {4, 2, 1}, .error_replies = 1},
                      .in_flight = 3};
    client.traffic.read_bytes = 10;
    client.traffic.written_bytes = 20;
    const auto document =
        parsed(control::clients_document({client}, {.now = now, .calendar_us = kNoon}));
    REQUIRE(document["clients"].items().size() == 1);
    const JsonValue& one = document["clients"].items()[0];
    CHECK(one["id"].number() == 17);
    CHECK(one["peer"].text() == "10.0.0.7:40001");
    CHECK(one["export"].text() == "a \"b\"\xef\xbf\xbd");
    CHECK(one["state"].text() == "active");
    CHECK(one["writable"].truth());
    CHECK(one["since"].text() == "2026-11-23T11:58:59Z");
    CHECK(one["age_ms"].number() == 61'000);
    CHECK(one["idle_ms"].number() == 1'500);
    CHECK(one["in_flight"].number() == 3);
    CHECK(one["requests"].number() == 7);
    CHECK(one["read_bytes"].number() == 10);
    CHECK(one["written_bytes"].number() == 20);
    CHECK(one["error_replies"].number() == 1);
}

TEST_CASE("every reason and every kind has a name of its own") {
    control::Statistics statistics;
    for (std::uint64_t i = 0; i < nbdroot::server::session::kRefusals; ++i) {
        statistics.tally.refusals[i] = i + 1;
    }
    for (std::uint64_t i = 0; i < nbdroot::server::session::Traffic::kKinds; ++i) {
        statistics.traffic.requests_by_kind[i] = i + 1;
    }
    const auto document = parsed(control::stats_document(statistics));
    CHECK(document["refused"]["unknown-export"].number() == 1);
    CHECK(document["refused"]["draining"].number() == 11);
    CHECK(document["refused"].names().size() == 11);
    CHECK(document["requests_by_kind"]["read"].number() == 1);
    CHECK(document["requests_by_kind"]["write_zeroes"].number() == 7);
    CHECK(document["requests_by_kind"]["other"].number() == 9);
    CHECK(document["requests"].number() == 45);
}

TEST_CASE("a document of 4096 clients can be read") {
    std::vector<ClientView> clients(4096, ClientView{.peer = "10.0.0.7:40001"});
    const auto document = parsed(control::clients_document(clients, {}));
    CHECK(document["clients"].items().size() == 4096);
}

TEST_CASE("a reload with complaints is an error, and names them") {
    const auto done = parsed(control::reload_document({.changes = {"a"}, .warnings = {"b"}}));
    CHECK(done["error"].is_null());
    CHECK(done["changes"].items().at(0).text() == "a");
    CHECK(done["warnings"].items().at(0).text() == "b");
    const auto refused = parsed(control::reload_document({.complaints = {"c"}}));
    CHECK_FALSE(refused["error"].text().empty());
    CHECK(refused["complaints"].items().at(0).text() == "c");
}

TEST_CASE("a restart that has begun says when its server began, one that has not says why") {
    const auto begun = parsed(control::restart_document({.program = "/usr/bin/a"}, kNoon));
    CHECK(begun["error"].is_null());
    CHECK(begun["program"].text() == "/usr/bin/a");
    CHECK(begun["began_us"].number() == kNoon);
    const auto refused = parsed(control::restart_document({.complaints = {"c"}}, kNoon));
    CHECK_FALSE(refused["error"].text().empty());
    CHECK(refused["complaints"].items().at(0).text() == "c");
}
