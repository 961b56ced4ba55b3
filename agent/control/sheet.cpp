#include "agent/control/sheet.h"

#include <algorithm>

#include "lib/base/text.h"

namespace nbdroot::agent::control {
namespace {

constexpr std::size_t kNameWidth = 12;
constexpr std::string_view kSeconds = ":s";

std::string text_of(const JsonValue& value, bool as_seconds) {
    if (as_seconds) return seconds_text(value.number());
    if (value.kind() == JsonValue::Kind::number) return cat(value.number());
    return value.text();
}

}  // namespace

void Sheet::line(std::string_view name, std::string_view text) {
    const std::size_t last = text.find_last_not_of(' ');
    if (last == std::string_view::npos) return;
    text_ += name;
    text_.append(kNameWidth - std::min(name.size(), kNameWidth), ' ');
    text_ += base::printable(text.substr(0, last + 1), text.size());
    text_ += '\n';
}

void Sheet::line(std::string_view name, const JsonValue& of, std::string_view pattern) {
    std::string text;
    bool is_empty = true;
    while (!pattern.empty()) {
        const std::size_t open = std::min(pattern.find('{'), pattern.size());
        text += pattern.substr(0, open);
        pattern.remove_prefix(open);
        if (pattern.empty()) break;
        const std::size_t close = pattern.find('}');
        std::string_view member = pattern.substr(1, close - 1);
        pattern.remove_prefix(close + 1);
        const bool as_seconds = member.ends_with(kSeconds);
        if (as_seconds) member.remove_suffix(kSeconds.size());
        const JsonValue& value = of[member];
        const std::string shown = text_of(value, as_seconds);
        if (!value.is_null() && !shown.empty()) is_empty = false;
        text += shown;
    }
    if (!is_empty) line(name, text);
}

std::string seconds_text(std::int64_t ms) {
    const std::int64_t value = std::max<std::int64_t>(ms, 0);
    return cat(value / 1000, '.', value / 100 % 10, " s");
}

}  // namespace nbdroot::agent::control
