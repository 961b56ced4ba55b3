#include "server/metrics/families.h"

#include <prometheus/text_serializer.h>

#include <set>

#include "tests/support/catch.h"

using nbdroot::server::control::ExportView;
using nbdroot::server::control::Statistics;
using nbdroot::server::metrics::families_of;

namespace {

std::string text_of(const Statistics* statistics) {
    return prometheus::TextSerializer().Serialize(families_of(statistics));
}

bool has(const std::string& text, const std::string& line) {
    return ('\n' + text).find('\n' + line + '\n') != std::string::npos;
}

}  // namespace

TEST_CASE("counters become samples with the names that Prometheus wants") {
    Statistics now{.began_calendar_us = 1'795'435'200'500'000, .live = 3, .live_in_handshake = 1};
    now.tally.connections = 17;
    now.tally.refusals[0] = 5;
    now.traffic.requests_by_kind = {4, 2};
    now.traffic.read_bytes = std::uint64_t{5} << 30;
    ExportView view{.name = "debian", .faults = 2, .clients = 2, .admitted = 9};
    view.traffic = now.traffic;
    now.exports.push_back(view);
    const std::string text = text_of(&now);
    const auto* const line =
        GENERATE("nbd_rootserver_stalled 0", "nbd_rootserver_start_time_seconds 1795435200",
                 "nbd_rootserver_connections 3", "nbd_rootserver_connections_in_handshake 1",
                 "nbd_rootserver_connections_total 17",
                 R"(nbd_rootserver_refusals_total{reason="unknown-export"} 5)",
                 R"(nbd_rootserver_requests_total{kind="write"} 2)",
                 "nbd_rootserver_read_bytes_total 5368709120",
                 R"(nbd_rootserver_export_clients{export="debian"} 2)",
                 R"(nbd_rootserver_export_admitted_total{export="debian"} 9)",
                 R"(nbd_rootserver_export_disk_errors_total{export="debian"} 2)",
                 R"(nbd_rootserver_export_read_bytes_total{export="debian"} 5368709120)",
                 R"(nbd_rootserver_export_requests_total{export="debian",kind="read"} 4)");
    CAPTURE(text);
    CHECK(has(text, line));
}

TEST_CASE("a family has help and a type, and appears once") {
    Statistics now;
    now.exports.push_back({.name = "a"});
    std::set<std::string> names;
    for (const auto& family : families_of(&now)) {
        CHECK(names.insert(family.name).second);
        CHECK_FALSE(family.help.empty());
        const bool counts = family.type == prometheus::MetricType::Counter;
        CHECK(family.name.ends_with("_total") == counts);
    }
    CHECK(names.size() > 20);
}

TEST_CASE("however many clients come there are no more series") {
    Statistics few;
    few.exports.push_back({.name = "a", .clients = 1});
    Statistics many = few;
    many.live = 4096;
    many.exports[0].clients = 4096;
    const auto series = [](const Statistics& statistics) {
        std::size_t count = 0;
        for (const auto& family : families_of(&statistics)) count += family.metric.size();
        return count;
    };
    CHECK(series(few) == series(many));
}

TEST_CASE("a name of any bytes stays one label") {
    Statistics now;
    now.exports.push_back({.name = "a\"b\\c\nd"});
    now.exports.push_back({.name = "\xc3\xa4"});
    now.exports.push_back({.name = "\xff"});
    const std::string text = text_of(&now);
    CHECK(has(text, R"(nbd_rootserver_export_clients{export="a\"b\\c\nd"} 0)"));
    CHECK(has(text, "nbd_rootserver_export_clients{export=\"\xc3\xa4\"} 0"));
    CHECK(has(text, R"(nbd_rootserver_export_clients{export="\\xff"} 0)"));
}

TEST_CASE("a server that does not answer says only that") {
    CHECK(has(text_of(nullptr), "nbd_rootserver_stalled 1"));
    CHECK(families_of(nullptr).size() == 1);
}
