#include "agent/resident/journal.h"

#include <algorithm>
#include <utility>

#include "lib/base/text.h"
#include "lib/sys/clock.h"

namespace nbdroot::agent::resident {
namespace {

// The memory of this process is locked, and a console may be a serial line.
constexpr base::LineLimiter::Limits kLimits{.told = 60, .troubles = 20, .kinds = 32};
constexpr Duration kLookInterval{10'000};

// Events are kept also where the log is to show only errors.
Level threshold(Level level) { return std::max(level, Level::info); }

}  // namespace

Journal::Journal(io::Loop& loop, Log outer, EventRing events, Notes notes, Level level)
    : loop_(loop),
      outer_(std::move(outer)),
      events_(events),
      notes_(notes),
      level_(level),
      limiter_(kLimits),
      overdue_(loop.timer([this] { look(); })),
      log_(threshold(level), [this](Level of, std::string_view line) { on_line(of, line); }) {
    outer_.set_threshold(Level::debug);
    say_lost();
}

Journal::~Journal() {
    for (const auto& line : limiter_.rest()) outer_.write(line.level, line.text);
    notes_.set_held_back(0);
}

void Journal::say_lost() {
    const std::uint64_t lost = notes_.held_back();
    notes_.set_held_back(0);
    if (lost == 0 || level_ < Level::warning) return;
    outer_.write(Level::warning,
                 cat("attach: the process before this one held back ", lost,
                     lost == 1 ? " line" : " lines", " that it could not say any more"));
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
    notes_.set_held_back(limiter_.held_back());
    if (!std::exchange(waits_, true)) overdue_->arm(loop_.now() + kLookInterval);
}

void Journal::look() {
    say_overdue();
    waits_ = limiter_.held_back() > 0;
    if (waits_) overdue_->arm(loop_.now() + kLookInterval);
}

void Journal::say_overdue() {
    for (const auto& line : limiter_.overdue(sys::now())) outer_.write(line.level, line.text);
    notes_.set_held_back(limiter_.held_back());
}

Log recording(const Log& outer, EventRing events) {
    Log log(Level::debug, [outer, events](Level level, std::string_view line) {
        if (level <= Level::info) events.add(sys::now(), level, line);
        outer.write(level, line);
    });
    return log;
}

}  // namespace nbdroot::agent::resident
