#include "server/log/stderr_log.h"

#include <new>
#include <string>
#include <utility>

#include "lib/base/text.h"
#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/journal.h"

namespace nbdroot::server::log {
namespace {

constexpr int kStandardError = 2;
// A pipe that takes anything takes PIPE_BUF (4096) bytes.
constexpr std::size_t kLongestLine = 4000;
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

// A log that nobody reads stops nobody's root.
void StderrLog::write(Level level, std::string_view line) {
    if (limiting_ && !sys::takes_a_line(kStandardError)) {
        ++lost_;
        return;
    }
    if (const auto lost = std::exchange(lost_, 0); lost > 0) {
        write_line(Level::warning,
                   cat(lost, " lines before this one were lost: nobody read the log"));
    }
    write_line(level, line);
}

void StderrLog::write_line(Level level, std::string_view line) const {
    const std::string_view whole = line.substr(0, kLongestLine);
    const std::string text = journal_ ? cat('<', syslog_priority(level), '>', whole, '\n')
                                      : cat("nbd-rootserver: ", whole, '\n');
    // Nor does one that cannot be written.
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
