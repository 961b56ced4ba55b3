#include "agent/control/request_trace.h"

#include <algorithm>
#include <optional>

#include "lib/base/text.h"

namespace nbdroot::agent::control {
namespace {

constexpr std::string_view kIssue = ": block_rq_issue: ";
constexpr std::string_view kComplete = ": block_rq_complete: ";
constexpr std::size_t kLongestLine = 512;
constexpr std::uint64_t kMostLost = INT64_MAX;  // a number of JSON

// " 123.456789" at the end of HEAD.
std::optional<Instant> time_of(std::string_view head) {
    const std::string_view word = head.substr(head.rfind(' ') + 1);
    const std::size_t dot = word.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    const auto seconds = base::parse_decimal(word.substr(0, dot), UINT32_MAX);
    const auto milliseconds = base::parse_decimal(word.substr(dot + 1, 3));
    if (!seconds || !milliseconds) return std::nullopt;
    return Instant(Duration(static_cast<std::int64_t>(*seconds * 1000 + *milliseconds)));
}

// "CPU:1 [LOST 12 EVENTS]", without a number where the kernel does not know it (print_trace_line()
// of kernel/trace/trace.c).
std::optional<std::uint64_t> lost_by(std::string_view line) {
    constexpr std::string_view kLost = " [LOST ";
    const std::size_t at = line.find(kLost);
    if (!line.starts_with("CPU:") || at == std::string_view::npos) return std::nullopt;
    const std::string_view rest = line.substr(at + kLost.size());
    return base::parse_decimal(rest.substr(0, rest.find(' '))).value_or(1);
}

// A flush has a letter F in front of what it goes with.
char type_of(std::string_view letters) {
    for (const char type : {'R', 'D', 'W', 'F'}) {
        if (letters.find(type) != std::string_view::npos) return type;
    }
    return '?';
}

// TEXT: "43,0 WS 4096 () 2048 + 8 [fsync]" or "43,0 WS () 2048 + 8 [0]".
std::optional<TracedRequest> request_of(std::string_view text) {
    const std::size_t blank = text.find(' ');
    const std::size_t place = text.find(") ");
    if (blank == std::string_view::npos || place == std::string_view::npos) return std::nullopt;
    const std::string_view letters = text.substr(blank + 1);
    const auto words = base::split(text.substr(place + 2), ' ');
    if (words.size() < 3 || words[1] != "+") return std::nullopt;
    const auto sector = base::parse_decimal(words[0]);
    const auto sectors = base::parse_decimal(words[2]);
    if (!sector || !sectors) return std::nullopt;
    // A flush has no place, and no number for that.
    return TracedRequest{.type = type_of(letters.substr(0, letters.find(' '))),
                         .sector = *sectors == 0 ? 0 : *sector,
                         .sectors = *sectors};
}

}  // namespace

void RequestTrace::read(std::string_view text) {
    rest_ += text;
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = rest_.find('\n', begin)) != std::string::npos;) {
        read_line(std::string_view(rest_).substr(begin, end - begin));
        begin = end + 1;
    }
    rest_.erase(0, begin);
    if (rest_.size() > kLongestLine) rest_.clear();
}

void RequestTrace::forget(std::uint64_t lost) {
    open_.clear();
    lost_ += std::min(lost, kMostLost - lost_);
}

void RequestTrace::read_line(std::string_view line) {
    if (const auto lost = lost_by(line)) return forget(*lost);
    const std::size_t issue = line.find(kIssue);
    const std::size_t complete = line.find(kComplete);
    const bool is_issue = issue != std::string_view::npos;
    if (!is_issue && complete == std::string_view::npos) return;
    const std::size_t at = is_issue ? issue : complete;
    const auto time = time_of(line.substr(0, at));
    auto request = request_of(line.substr(at + (is_issue ? kIssue : kComplete).size()));
    if (!time || !request) return;
    const auto place = std::find_if(open_.begin(), open_.end(), [&](const TracedRequest& open) {
        return open.sector == request->sector && open.type == request->type;
    });
    // One that is sent again has waited since it was sent first.
    const bool is_known = place != open_.end();
    if (!is_issue && is_known) open_.erase(place);
    if (!is_issue || is_known) return;
    if (open_.size() == kMost) forget(kMost);
    request->since = *time;
    open_.push_back(*request);
}

}  // namespace nbdroot::agent::control
