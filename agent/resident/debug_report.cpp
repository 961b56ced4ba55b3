#include "agent/resident/debug_report.h"

#include <array>
#include <utility>

#include "agent/resident/request.h"
#include "lib/base/endian.h"
#include "lib/base/json.h"

namespace nbdroot::agent::resident {
namespace {

std::string_view name_of(protocol::nbd::Command command) {
    constexpr std::array<std::string_view, 7> kNames = {"read", "write", "disconnect",  "flush",
                                                        "trim", "cache", "write-zeroes"};
    const auto number = static_cast<std::size_t>(command);
    return number < kNames.size() ? kNames.at(number) : "unknown";
}

using Named = std::pair<const char*, std::uint64_t>;

std::array<Named, 9> counters_of(const DebugReport& report) {
    const RequestCounts& requests = report.requests;
    const RelayCounters& relay = *report.relay;
    return {{{"reads", requests.reads},
             {"writes", requests.writes},
             {"flushes", requests.flushes},
             {"trims", requests.trims},
             {"others", requests.others},
             {"in_flight", relay.in_flight},
             {"replies", relay.replies},
             {"resent", relay.resent},
             {"failed", relay.failed}}};
}

void write_relay(base::JsonWriter& json, const DebugReport& report) {
    json.key("relay");
    if (!report.relay) return json.null();
    json.begin_object();
    for (const auto& [name, count] : counters_of(report)) json.member(name, count);
    json.key("waiting");
    json.begin_array();
    for (const WaitingRequest& waiting : report.waiting) {
        const auto& request = waiting.request;
        json.begin_object();
        json.member("type", name_of(request.command));
        json.member("cookie", base::hex(std::as_bytes(std::span(&request.cookie, 1))));
        json.member("offset", request.offset_bytes);
        json.member("length", request.length_bytes);
        json.member("flags", request.flags);
        json.member("waits_ms", waiting.waits.count());
        json.end_object();
    }
    json.end_array();
    json.end_object();
}

void write_events(base::JsonWriter& json, const std::vector<Event>& events) {
    json.key("events");
    json.begin_array();
    for (const Event& event : events) {
        json.begin_object();
        json.member("number", event.number);
        json.member("at_ms", event.at.time_since_epoch().count());
        json.member("level", resident::name_of(event.level));
        json.member("text", event.text);
        json.end_object();
    }
    json.end_array();
}

std::string seconds(Duration duration) {
    const auto tenths = duration.count() / 100;
    return cat(tenths / 10, '.', tenths % 10, " s");
}

std::string line_of(const WaitingRequest& waiting) {
    const auto& request = waiting.request;
    return cat("debug: waits ", seconds(waiting.waits), ": ", name_of(request.command), " of ",
               request.length_bytes, " bytes at ", request.offset_bytes);
}

}  // namespace

std::string to_json(const DebugReport& report) {
    base::JsonWriter json;
    json.begin_object();
    json.member("device", "/dev/" + report.device);
    json.member("attach", report.by_netlink ? "netlink" : "ioctl");
    write_relay(json, report);
    write_events(json, report.events);
    json.end_object();
    return json.text() + '\n';
}

std::vector<std::string> to_lines(const DebugReport& report) {
    std::string first = cat("debug: /dev/", report.device);
    if (report.block) {
        first += cat(", ", report.block->completed, " completed, ", report.block->in_flight,
                     " in flight in the kernel");
    }
    std::vector<std::string> lines;
    lines.push_back(std::move(first));
    if (report.relay) {
        std::string counters = "debug: relay:";
        for (const auto& [name, count] : counters_of(report)) {
            counters += cat(' ', name, ' ', count);
        }
        lines.push_back(std::move(counters));
    }
    for (const WaitingRequest& waiting : report.waiting) lines.push_back(line_of(waiting));
    for (const Event& event : report.events) {
        lines.push_back(cat("debug: event ", event.number, " at ",
                            seconds(event.at.time_since_epoch()), ": ", event.text));
    }
    return lines;
}

}  // namespace nbdroot::agent::resident
