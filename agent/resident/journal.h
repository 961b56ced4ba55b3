// What the session process says: to the kernel's log as far as the log level lets it and no storm
// of it, and into the ring of events.
#pragma once

#include <memory>
#include <string_view>

#include "agent/resident/event_ring.h"
#include "agent/resident/notes.h"
#include "lib/base/line_limiter.h"
#include "lib/base/log.h"
#include "lib/io/loop.h"

namespace nbdroot::agent::resident {

class Journal {
public:
    // Lines go to OUTER's place, whatever its own level is. What an earlier process held back when
    // it was killed is in NOTES, and said as a number.
    Journal(io::Loop& loop, Log outer, EventRing events, Notes notes, Level level);
    // Lines are written to it by address.
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;
    ~Journal();

    [[nodiscard]] const Log& log() const { return log_; }

    [[nodiscard]] Level level() const { return level_; }
    void set_level(Level level);

    // LINE as it is, never held back, and no event: for what was asked for.
    void print(std::string_view line) const { outer_.write(Level::info, line); }

    [[nodiscard]] const EventRing& events() const { return events_; }

private:
    void on_line(Level level, std::string_view line);
    void look();
    void say_overdue();
    void say_lost();

    io::Loop& loop_;
    Log outer_;
    EventRing events_;
    Notes notes_;
    Level level_;
    base::LineLimiter limiter_;
    bool waits_ = false;  // for overdue_
    std::unique_ptr<io::Timer> overdue_;
    Log log_;
};

// The same without loop and limit, for the process that holds the ring between two others.
[[nodiscard]] Log recording(const Log& outer, EventRing events);

}  // namespace nbdroot::agent::resident
