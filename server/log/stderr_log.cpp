#include "server/log/stderr_log.h"

#include <new>
#include <string>

#include "lib/base/text.h"
#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/journal.h"

namespace nbdroot::server::log {
namespace {

constexpr int kStandardError = 2;
constexpr Duration kReminderInterval = std::chrono::seconds(10);

int syslog_priority(Level level) {
    switch (level) {
        case Level::error:
            return 3;
        case Level::warning:
            return 4;
        case Level::info:
            return 6;
        case Level::debug:
            return 7;
    }
    return 6;
}

}  // namespace

StderrLog::StderrLog(Level threshold)
    : journal_(sys::is_journal(kStandardError)),
      log_(threshold, [this](Level level, std::string_view line) { on_line(level, line); }) {}

StderrLog::~StderrLog() {
    for (const auto& line : limiter_.rest()) write(line.level, line.text);
}

void StderrLog::begin_limiting() {
    const std::lock_guard lock(mutex_);
    limiting_ = true;
}

void StderrLog::say_overdue() {
    const std::lock_guard lock(mutex_);
    for (const auto& line : limiter_.overdue(sys::now())) write(line.level, line.text);
}

void StderrLog::on_line(Level level, std::string_view line) {
    const std::lock_guard lock(mutex_);
    try {
        if (passes(level, line)) write(level, line);
    } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch)
        // A line that there is no memory for stops nobody's root either.
    }
}

bool StderrLog::passes(Level level, std::string_view line) {
    if (!limiting_) return true;
    const Instant now = sys::now();
    for (const auto& said : limiter_.overdue(now)) write(said.level, said.text);
    return limiter_.passes(level, line, now);
}

void StderrLog::write(Level level, std::string_view line) const {
    const std::string text = journal_ ? cat('<', syslog_priority(level), '>', line, '\n')
                                      : cat("nbd-rootserver: ", line, '\n');
    // A log that cannot be written stops nobody's root.
    (void)sys::write_all(kStandardError, base::as_bytes(text), "standard error");
}

Reminder::Reminder(io::Loop& loop, StderrLog& log)
    : loop_(loop), log_(log), next_(loop.timer([this] { remind(); })) {
    remind();
}

void Reminder::remind() {
    log_.say_overdue();
    next_->arm(loop_.now() + kReminderInterval);
}

}  // namespace nbdroot::server::log
