#include "agent/report/boot_record.h"

#include <array>
#include <string_view>

#include "lib/base/json.h"

namespace nbdroot::agent::report {
namespace {

// Retries by hand repeat phases; beyond this many the oldest are forgotten.
constexpr std::size_t kMaximumPhases = 64;

std::string_view name_of(BootRecord::State state) {
    static constexpr std::array<std::string_view, 4> kNames = {"booting", "attached",
                                                               "switched-root", "failed"};
    return kNames[static_cast<std::size_t>(state)];
}

void write_text_or_null(base::JsonWriter& json, std::string_view name, const std::string& text) {
    json.key(name);
    if (text.empty()) {
        json.null();
    } else {
        json.value(text);
    }
}

void write_phase(base::JsonWriter& json, const Phase& phase) {
    json.begin_object();
    json.member("name", phase.name);
    json.member("start_ms", phase.start.time_since_epoch().count());
    json.key("end_ms");
    if (phase.end) {
        json.value(phase.end->time_since_epoch().count());
    } else {
        json.null();
    }
    json.end_object();
}

}  // namespace

void BootRecord::begin(std::string name, Instant now) {
    end(now);
    if (phases.size() == kMaximumPhases) phases.erase(phases.begin());
    phases.push_back(Phase{.name = std::move(name), .start = now, .end = std::nullopt});
}

void BootRecord::end(Instant now) {
    if (!phases.empty() && !phases.back().end) phases.back().end = now;
}

std::string to_json(const BootRecord& record) {
    base::JsonWriter json;
    json.begin_object();
    json.member("version", NBDROOT_VERSION);
    json.member("state", name_of(record.state));
    json.member("started_ms", record.started.time_since_epoch().count());
    write_text_or_null(json, "error", record.error);
    write_text_or_null(json, "network", record.network);
    json.key("servers");
    json.begin_array();
    for (const std::string& server : record.servers) json.value(server);
    json.end_array();
    write_text_or_null(json, "server", record.server);
    write_text_or_null(json, "device", record.device);
    write_text_or_null(json, "init", record.init);
    json.key("phases");
    json.begin_array();
    for (const Phase& phase : record.phases) write_phase(json, phase);
    json.end_array();
    json.end_object();
    return json.text() + '\n';
}

}  // namespace nbdroot::agent::report
