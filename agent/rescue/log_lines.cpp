#include "agent/rescue/log_lines.h"

#include <utility>

#include "lib/base/text.h"

namespace nbdroot::agent::rescue {
namespace {

constexpr std::string_view kMark = "nbdroot [";
constexpr std::string_view kOwn = "boot: ";  // what is said of the console itself
constexpr int kWarning = 4;
constexpr int kPriorityMask = 7;  // the rest is the facility: that of a user's program

int priority_of(std::string_view message) {
    const std::size_t end = message.find('>');
    if (!message.starts_with('<') || end == std::string_view::npos) return LogLine{}.priority;
    const auto number = base::parse_decimal(message.substr(1, end - 1), 1023);
    return number ? static_cast<int>(*number) & kPriorityMask : LogLine{}.priority;
}

// "<12>[    1.421234] nbdroot [  1.42] …", with "[    T1]" in between where the kernel adds that.
bool is_agents(std::string_view message, std::size_t mark) {
    return message.substr(0, mark).ends_with("] ") || mark == message.find('>') + 1;
}

}  // namespace

std::vector<LogLine> agent_lines(std::string_view messages) {
    std::vector<LogLine> lines;
    for (const std::string_view message : base::split(messages, '\n')) {
        const std::size_t mark = message.find(kMark);
        if (mark == std::string_view::npos || !is_agents(message, mark)) continue;
        lines.push_back({.priority = priority_of(message),
                         .text = base::printable(message.substr(mark), message.size())});
    }
    return lines;
}

std::string last_trouble(const std::vector<LogLine>& lines) {
    std::string last;
    for (const LogLine& line : lines) {
        if (line.priority > kWarning) continue;
        const std::size_t stamp_end = line.text.find("] ");
        std::string text =
            stamp_end == std::string::npos ? line.text : line.text.substr(stamp_end + 2);
        if (!text.starts_with(kOwn)) last = std::move(text);
    }
    return last;
}

}  // namespace nbdroot::agent::rescue
