#include "agent/control/debug_text.h"

#include <algorithm>

#include "agent/control/kernel_queue.h"
#include "agent/control/sheet.h"
#include "lib/base/json.h"
#include "lib/base/text.h"

namespace nbdroot::agent::control {
namespace {

constexpr std::uint64_t kSectorBytes = 512;

const char* type_name(char type) {
    switch (type) {
        case 'R':
            return "read";
        case 'W':
            return "write";
        case 'D':
            return "trim";
        case 'F':
            return "flush";
        default:
            return "other";
    }
}

void write_trace(base::JsonWriter& json, const RequestTrace* trace, Instant now) {
    if (trace == nullptr) {
        for (const char* const unknown : {"lost_events", "waiting"}) {
            json.key(unknown);
            json.null();
        }
        return;
    }
    json.member("lost_events", trace->lost());
    json.key("waiting");
    json.begin_array();
    for (const TracedRequest& one : trace->open()) {
        json.begin_object();
        json.member("type", type_name(one.type));
        json.member("offset", one.sector * kSectorBytes);
        json.member("length", one.sectors * kSectorBytes);
        json.member("waits_ms", std::max<std::int64_t>((now - one.since).count(), 0));
        json.end_object();
    }
    json.end_array();
}

void write_kernel(base::JsonWriter& json, const KernelView& kernel) {
    if (const auto& figures = kernel.figures) {
        json.member("reads", figures->reads);
        json.member("writes", figures->writes);
        json.member("trims", figures->discards);
        json.member("flushes", figures->flushes);
        json.member("in_flight", figures->in_flight);
    }
    json.member("trouble", kernel.trouble);
    json.key("queue");
    json.begin_array();
    write_queue(json, kernel.queue);
    json.end_array();
}

void list(Sheet& sheet, std::string_view name, const JsonValue& all, std::string_view pattern) {
    for (const JsonValue& one : all.items()) sheet.line(name, one, pattern);
}

}  // namespace

std::string debug_json(std::string_view agent, const KernelView& kernel, const RequestTrace* trace,
                       Instant now) {
    base::JsonWriter json;
    json.begin_object();
    write_kernel(json, kernel);
    write_trace(json, trace, now);
    json.end_object();
    return cat("{\"kernel\":", json.text(), ",\"agent\":", agent.substr(0, agent.find('\n')),
               "}\n");
}

std::string describe_debug(const JsonValue& debug, std::int64_t shown_events) {
    constexpr std::string_view kWaits = "{waits_ms:s}: {type} of {length} bytes at {offset}";
    const JsonValue& kernel = debug["kernel"];
    const JsonValue& agent = debug["agent"];
    const JsonValue& relay = agent["relay"];
    Sheet sheet;
    sheet.line("device", agent,
               relay.is_null() ? "{device} ({attach})" : "{device} ({attach}, relay)");
    sheet.line("completed", kernel,
               "{reads} reads, {writes} writes, {trims} trims, {flushes} flushes");
    sheet.line("in flight", kernel, "{in_flight} in the kernel");
    sheet.line("queue", kernel, "{trouble}");
    list(sheet, "queue", kernel["queue"], "{operation} {state} tag {tag}");
    sheet.line("relay", relay,
               "{reads} reads, {writes} writes, {trims} trims, {flushes} flushes, {others} others");
    sheet.line("answers", relay,
               "{replies}, {resent} requests sent again, {failed} failed, {in_flight} wait");
    list(sheet, "waits", relay["waiting"], kWaits);
    list(sheet, "waits", kernel["waiting"], kWaits);
    if (kernel["lost_events"].number() > 0) {
        sheet.line("lost", kernel, "{lost_events} events; what was issued before is not shown");
    }
    if (relay.is_null() && kernel["waiting"].is_null()) {
        sheet.line("waits", "offset, length and age are known only with --follow");
    }
    for (const JsonValue& event : agent["events"].items()) {
        if (event["number"].number() <= shown_events) continue;
        sheet.line("event", event, "{at_ms:s} {level} {text}");
    }
    return sheet.take();
}

}  // namespace nbdroot::agent::control
