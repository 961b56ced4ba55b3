#include "agent/report/line.h"

#include <array>
#include <cstdint>

#include "lib/base/text.h"

namespace nbdroot::agent::report {
namespace {

// kernel/printk: a write to /dev/kmsg above LOG_LINE_MAX (1024 less the longest prefix) is EINVAL.
constexpr std::size_t kMaximumRecordBytes = 960;

// Wide enough for 9999 seconds; the columns stay in line as in the kernel's own stamps.
constexpr std::size_t kSecondsWidth = 3;

// The kernel's numbers: KERN_ERR, KERN_WARNING, KERN_INFO, KERN_DEBUG.
int priority(Level level) {
    static constexpr std::array<int, 4> kPriorities = {3, 4, 6, 7};
    return kPriorities[static_cast<std::size_t>(level)];
}

}  // namespace

std::string format_line(Instant now, std::string_view text) {
    const auto hundredths = static_cast<std::uint64_t>(now.time_since_epoch().count()) / 10;
    const std::string seconds = cat(hundredths / 100);
    std::string line = "nbdroot [";
    if (seconds.size() < kSecondsWidth) line.append(kSecondsWidth - seconds.size(), ' ');
    line += cat(seconds, '.', hundredths / 10 % 10, hundredths % 10, "] ");
    for (const char c : text) {
        const bool control = static_cast<std::uint8_t>(c) < 0x20 || c == 0x7f;
        line += control ? '?' : c;
    }
    return line;
}

std::string format_record(Level level, std::string_view line) {
    std::string record = cat('<', priority(level), '>', line);
    if (record.size() >= kMaximumRecordBytes) {
        record.resize(kMaximumRecordBytes - 4);
        record += "...";
    }
    // kernel/printk: without it the record can be continued; nobody reads it before the next one.
    record += '\n';
    return record;
}

std::optional<int> parse_console_level(std::string_view printk) {
    const auto value = base::parse_decimal(printk.substr(0, printk.find_first_of(" \t\n")), 255);
    if (!value) return std::nullopt;
    return static_cast<int>(*value);
}

bool console_shows(int console_level, Level level) { return priority(level) < console_level; }

}  // namespace nbdroot::agent::report
