#include "agent/resident/journal.h"

#include <algorithm>
#include <utility>

#include "lib/sys/clock.h"

namespace nbdroot::agent::resident {
namespace {

// The memory of this process is locked, and a console may be a serial line.
constexpr base::LineLimiter::Limits kLimits{.told = 60, .troubles = 20, .kinds = 32};
constexpr Duration kLookInterval{10'000};

// Events are kept also where the log is to show only errors.
Level threshold(Level level) { return std::max(level, Level::info); }

}  // namespace

Journal::Journal(io::Loop& loop, Log outer, EventRing events, Level level)
    : loop_(loop),
      outer_(std::move(outer)),
      events_(events),
      level_(level),
      limiter_(kLimits),
      overdue_(loop.timer([this] { look(); })),
      log_(threshold(level), [this](Level of, std::string_view line) { on_line(of, line); }) {
    outer_.set_threshold(Level::debug);
}

Journal::~Journal() {
    for (const auto& line : limiter_.rest()) outer_.write(line.level, line.text);
}

void Journal::set_level(Level level) {
    level_ = level;
    log_.set_threshold(threshold(level));
}

void Journal::on_line(Level level, std::string_view line) {
    const Instant now = sys::now();
    events_.add(now, level, line);
    if (level > level_) return;
    say_overdue();
    if (limiter_.passes(level, line, now)) return outer_.write(level, line);
    if (!std::exchange(waits_, true)) overdue_->arm(loop_.now() + kLookInterval);
}

void Journal::look() {
    say_overdue();
    waits_ = limiter_.is_holding();
    if (waits_) overdue_->arm(loop_.now() + kLookInterval);
}

void Journal::say_overdue() {
    for (const auto& line : limiter_.overdue(sys::now())) outer_.write(line.level, line.text);
}

Log recording(const Log& outer, EventRing events) {
    Log log(Level::debug, [outer, events](Level level, std::string_view line) {
        if (level <= Level::info) events.add(sys::now(), level, line);
        outer.write(level, line);
    });
    return log;
}

}  // namespace nbdroot::agent::resident
