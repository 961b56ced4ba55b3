#include "agent/rescue/state_text.h"

#include "lib/base/text.h"

namespace nbdroot::agent::rescue {
namespace {

constexpr std::size_t kNameWidth = 9;
constexpr std::size_t kTextShown = 1024;

std::string line(std::string_view name, std::string_view text) {
    if (text.empty()) return {};
    std::string out(name);
    out.append(kNameWidth - name.size(), ' ');
    return out + base::printable(text, kTextShown) + '\n';
}

std::string seconds(std::int64_t ms) { return cat(ms / 1000, '.', ms / 100 % 10, " s"); }

std::string phase_of(const JsonValue& boot) {
    if (boot["phases"].items().empty()) return "none yet";
    const JsonValue& phase = boot["phases"].items().back();
    std::string text = phase["name"].text();
    if (boot["state"].text() == "failed") return text + ", failed";
    if (phase["end_ms"].is_null()) {
        return cat(text, ", begun ", seconds(phase["start_ms"].number()), " after the start");
    }
    return text + ", done";
}

// The record has the log's line, which begins with the name that stands here already.
std::string_view network_of(const JsonValue& boot) {
    constexpr std::string_view kName = "network ";
    const std::string_view line = boot["network"].text();
    return line.starts_with(kName) ? line.substr(kName.size()) : line;
}

std::string servers_of(const JsonValue& boot) {
    std::string text;
    for (const JsonValue& server : boot["servers"].items()) {
        text += cat(text.empty() ? "" : ", ", server.text());
    }
    return text;
}

}  // namespace

std::string describe_state(const StateSources& sources) {
    const JsonValue& boot = sources.boot;
    const std::string& error = boot["error"].text();
    return line("phase", phase_of(boot)) + line("error", error.empty() ? sources.trouble : error) +
           line("network", network_of(boot)) + line("servers", servers_of(boot)) +
           line("server", boot["server"].text()) + line("device", boot["device"].text()) +
           line("link", sources.status["state"].text()) + line("added", sources.added);
}

}  // namespace nbdroot::agent::rescue
