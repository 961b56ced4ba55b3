// Which log lines are written: of those that are alike, only so many in a minute.
//
// Machines that reconnect in a loop, port scanners and failing disks must not fill a log. Lines are
// alike when they differ only in words with a digit in them (addresses, counts, seconds) and in
// what is quoted (names): what is told apart by our own words always gets its first line out at
// once. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/log.h"
#include "lib/base/time.h"

namespace nbdroot::base {

class LineLimiter {
public:
    static constexpr Duration kWindow = std::chrono::seconds(60);
    // Of one kind in a window. Clients come and go by the hundred: a morning in a school shall
    // leave one line each; of trouble, a screenful says it.
    static constexpr std::size_t kMaximumTold = 200;
    static constexpr std::size_t kMaximumTroubles = 20;
    // Kinds at the same time; more of them are counted as one. Peers cannot make many: what they
    // say is quoted.
    static constexpr std::size_t kMaximumKinds = 256;

    struct Limits {
        std::size_t told = kMaximumTold;
        std::size_t troubles = kMaximumTroubles;
        std::size_t kinds = kMaximumKinds;
    };

    LineLimiter() = default;
    explicit LineLimiter(const Limits& limits) : limits_(limits) {}

    struct Line {
        Level level;
        std::string text;
        bool operator==(const Line&) const = default;
    };

    // Whether LINE is written now. What is asked for by a log level of debug is never held back.
    [[nodiscard]] bool passes(Level level, std::string_view line, Instant now);

    // Of each kind whose window has ended, and of which lines were held back: the last of them,
    // with their number.
    [[nodiscard]] std::vector<Line> overdue(Instant now);
    // The same of all kinds: the log ends.
    [[nodiscard]] std::vector<Line> rest();
    // Lines that overdue() will speak for, some time.
    [[nodiscard]] std::size_t held_back() const;

private:
    struct Kind {
        std::string name;
        Instant began;
        std::size_t written = 0;
        std::size_t held_back = 0;
        Line last{};
    };

    [[nodiscard]] Kind& kind_named(std::string name, Instant now);
    [[nodiscard]] std::size_t maximum_of(Level level) const {
        return level <= Level::warning ? limits_.troubles : limits_.told;
    }

    Limits limits_{};
    std::vector<Kind> kinds_;  // few, and found by comparing: the agent has no hash table
};

// LINE without what tells it from others of its kind.
[[nodiscard]] std::string kind_of(std::string_view line);

}  // namespace nbdroot::base
