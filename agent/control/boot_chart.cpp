#include "agent/control/boot_chart.h"

#include <algorithm>
#include <vector>

#include "lib/base/text.h"

namespace nbdroot::agent::control {
namespace {

constexpr std::size_t kNameWidth = 12;
constexpr std::size_t kNumberWidth = 9;
constexpr std::int64_t kBarWidth = 45;
constexpr std::int64_t kMostMs = 9'999'999;         // beyond it the columns show seconds
constexpr std::int64_t kLatestMs = 10'000'000'000;  // four months: a wait, and no mistake
constexpr std::size_t kHeadWidth = 8;
constexpr std::size_t kTextWidth = 72;
constexpr std::size_t kTextShown = 1024;

struct Bar {
    std::string name;
    std::int64_t start_ms = 0;
    std::int64_t end_ms = 0;
    bool is_running = false;
};

Failure refuse(std::string_view reason) { return fail("read", "boot.json", reason); }

Result<Bar> read_phase(const JsonValue& phase) {
    using Kind = JsonValue::Kind;
    const JsonValue& start = phase["start_ms"];
    const JsonValue& end = phase["end_ms"];
    Bar bar{.name = base::printable(phase["name"].text()),
            .start_ms = start.number(),
            .end_ms = end.is_null() ? start.number() : end.number(),
            .is_running = end.is_null()};
    const bool is_complete = !bar.name.empty() && start.kind() == Kind::number &&
                             (end.kind() == Kind::number || end.is_null());
    if (!is_complete) return refuse("a phase lacks name, start_ms or end_ms");
    if (bar.start_ms < 0 || bar.end_ms < bar.start_ms || bar.end_ms > kLatestMs) {
        return refuse(cat("the times of phase ", bar.name, " cannot be"));
    }
    return bar;
}

Result<std::vector<Bar>> read_bars(const JsonValue& boot) {
    if (boot["phases"].kind() != JsonValue::Kind::array) return refuse("it has no phases");
    const std::int64_t started = boot["started_ms"].number();
    if (started < 0 || started > kLatestMs) return refuse("started_ms cannot be");
    std::vector<Bar> bars;
    bars.push_back({.name = "kernel", .end_ms = started});
    for (const JsonValue& phase : boot["phases"].items()) {
        bars.push_back(NBDROOT_TRY(read_phase(phase)));
    }
    return bars;
}

std::string padded(std::string text, std::size_t width) {
    text.resize(std::max(width, text.size()), ' ');
    return text.substr(0, width);
}

std::string right(const std::string& text, std::size_t width) {
    return std::string(width > text.size() ? width - text.size() : 0, ' ') + text;
}

std::string time_text(std::int64_t ms, std::string_view unit) {
    return ms <= kMostMs ? cat(ms, unit) : cat(ms / 1000, " s");
}

std::string draw_bar(const Bar& bar, std::int64_t total_ms) {
    const std::int64_t from = std::min(bar.start_ms * kBarWidth / total_ms, kBarWidth - 1);
    const std::int64_t to = std::max(bar.end_ms * kBarWidth / total_ms, from + 1);
    std::string text(static_cast<std::size_t>(from), ' ');
    text.append(static_cast<std::size_t>(to - from), '#');
    return padded(std::move(text), static_cast<std::size_t>(kBarWidth));
}

std::string draw_line(const Bar& bar, std::int64_t total_ms) {
    const std::string length =
        bar.is_running ? std::string("running") : time_text(bar.end_ms - bar.start_ms, " ms");
    return cat(padded(bar.name, kNameWidth), right(time_text(bar.start_ms, ""), kNumberWidth), " ",
               draw_bar(bar, total_ms), right(length, kNameWidth), "\n");
}

// As much of TEXT as fits a line, up to a blank where there is one.
std::size_t line_length(std::string_view text) {
    if (text.size() <= kTextWidth) return text.size();
    const std::size_t blank = text.rfind(' ', kTextWidth);
    return blank == 0 || blank == std::string_view::npos ? kTextWidth : blank;
}

std::string headline(std::string_view name, const JsonValue& value) {
    const std::string text = base::printable(value.text(), kTextShown);
    std::string_view rest = text;
    std::string lines;
    while (!rest.empty()) {
        const std::size_t length = line_length(rest);
        lines += padded(std::string(lines.empty() ? name : ""), kHeadWidth);
        lines += cat(rest.substr(0, length), "\n");
        rest.remove_prefix(length);
        rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    }
    return lines;
}

}  // namespace

Result<std::string> draw_boot(const JsonValue& boot) {
    const std::vector<Bar> bars = NBDROOT_TRY(read_bars(boot));
    std::int64_t total_ms = 1;
    for (const Bar& bar : bars) total_ms = std::max(total_ms, bar.end_ms);
    std::string text = headline("state", boot["state"]) + headline("error", boot["error"]) +
                       headline("server", boot["server"]) + headline("device", boot["device"]) +
                       headline("init", boot["init"]);
    text += cat(padded("phase", kNameWidth), right("start", kNumberWidth), " ",
                right("length", static_cast<std::size_t>(kBarWidth) + kNameWidth), "\n");
    for (const Bar& bar : bars) text += draw_line(bar, total_ms);
    return text + cat("in all ", total_ms, " ms since the machine started\n");
}

}  // namespace nbdroot::agent::control
