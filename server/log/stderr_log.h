// Log lines to standard error, as a terminal or the journal wants them.
#pragma once

#include <memory>
#include <mutex>

#include "lib/base/line_limiter.h"
#include "lib/base/log.h"
#include "lib/io/loop.h"

namespace nbdroot::server::log {

// One write for each line: lines of several processes do not mix. Into the journal, lines carry
// their priority as "<N>" (sd-daemon(3)) and no program name, which the journal knows.
// Any thread may log.
class StderrLog {
public:
    explicit StderrLog(Level threshold);
    ~StderrLog();
    StderrLog(const StderrLog&) = delete;
    StderrLog& operator=(const StderrLog&) = delete;

    [[nodiscard]] const Log& lines() const { return log_; }

    // From now on repeated lines are held back, and counted. What is said at start, or by --check,
    // is all wanted.
    void begin_limiting();
    // Says what was held back long enough.
    void say_overdue();

private:
    void on_line(Level level, std::string_view line);
    [[nodiscard]] bool passes(Level level, std::string_view line);
    void write(Level level, std::string_view line);
    void write_line(Level level, std::string_view line) const;

    bool journal_;
    std::mutex mutex_;
    std::size_t lost_ = 0;       // guarded by mutex_
    bool limiting_ = false;      // guarded by mutex_
    base::LineLimiter limiter_;  // guarded by mutex_
    Log log_;
};

// Has it say what is overdue, as long as it lives.
class Reminder {
public:
    Reminder(io::Loop& loop, StderrLog& log);

private:
    void remind();

    io::Loop& loop_;
    StderrLog& log_;
    std::unique_ptr<io::Timer> next_;
};

}  // namespace nbdroot::server::log
