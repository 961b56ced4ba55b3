#include "lib/base/line_limiter.h"

#include <algorithm>
#include <utility>

#include "lib/base/text.h"

namespace nbdroot::base {
namespace {

constexpr std::string_view kAllOthers;  // no line is empty

bool is_digit(char character) { return character >= '0' && character <= '9'; }

// Also what addresses and times are written with: "[fe80::1]:4000" is one word.
bool is_of_word(char character) {
    return is_digit(character) || (character >= 'a' && character <= 'z') ||
           (character >= 'A' && character <= 'Z') ||
           std::string_view("_.:%[]").find(character) != std::string_view::npos;
}

LineLimiter::Line summary(LineLimiter::Line last, std::size_t held_back) {
    if (held_back > 1) {
        last.text += cat(" (", held_back - 1, " more like this in the last ",
                         LineLimiter::kWindow / std::chrono::seconds(1), " s)");
    }
    return last;
}

// Words that vary, without a quotation: the parts before and after it.
std::string masked(std::string_view line) {
    std::string kind;
    while (!line.empty()) {
        std::size_t length = 0;
        while (length < line.size() && is_of_word(line[length])) ++length;
        const std::string_view word = line.substr(0, length);
        const bool varies = std::any_of(word.begin(), word.end(), is_digit);
        kind += varies ? "#" : word;
        line.remove_prefix(word.size());
        if (!word.empty()) continue;
        kind += line.front();
        line.remove_prefix(1);
    }
    return kind;
}

}  // namespace

// To the last quote: a peer's name may have some in it.
std::string kind_of(std::string_view line) {
    const std::size_t first = line.find('\'');
    if (first == std::string_view::npos) return masked(line);
    return cat(masked(line.substr(0, first)), "''", masked(line.substr(line.rfind('\'') + 1)));
}

LineLimiter::Kind& LineLimiter::kind_named(std::string name, Instant now) {
    for (Kind& kind : kinds_) {
        if (kind.name == name) return kind;
    }
    const bool is_full = kinds_.size() >= limits_.kinds;
    if (is_full && name != kAllOthers) return kind_named(std::string(kAllOthers), now);
    kinds_.push_back({.name = std::move(name), .began = now});
    return kinds_.back();
}

bool LineLimiter::passes(Level level, std::string_view line, Instant now) {
    if (level == Level::debug) return true;
    Kind& kind = kind_named(kind_of(line), now);
    if (kind.written < maximum_of(level)) {
        ++kind.written;
        return true;
    }
    ++kind.held_back;
    kind.last = {.level = level, .text = std::string(line)};
    return false;
}

std::vector<LineLimiter::Line> LineLimiter::overdue(Instant now) {
    std::vector<Line> lines;
    for (auto place = kinds_.begin(); place != kinds_.end();) {
        Kind& kind = *place;
        if (now - kind.began < kWindow) {
            ++place;
            continue;
        }
        if (kind.held_back > 0) lines.push_back(summary(std::move(kind.last), kind.held_back));
        place = kinds_.erase(place);
    }
    return lines;
}

std::size_t LineLimiter::held_back() const {
    std::size_t lines = 0;
    for (const Kind& kind : kinds_) lines += kind.held_back;
    return lines;
}

std::vector<LineLimiter::Line> LineLimiter::rest() { return overdue(Instant::max()); }

}  // namespace nbdroot::base
