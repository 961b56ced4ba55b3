// When the guardian starts the next session process: at once, but later and later where they die
// young. One that cannot live must not make the machine spin, nor fill its log. Pure.
#pragma once

#include <cstddef>

#include "lib/base/time.h"

namespace nbdroot::agent::resident {

class Restarts {
public:
    // Who has lived as long as this has not died of how it began.
    static constexpr Duration kYouth{10'000};
    // Between two starts: doubled with each one that dies young, from the first to the last.
    static constexpr Duration kShortestPause{1'000};
    static constexpr Duration kLongestPause{32'000};

    struct Life {
        Instant began;
        Instant ended;
    };
    struct Next {
        Instant at;                  // may lie in the past
        std::size_t died_young = 0;  // in a row, this one included

        bool operator==(const Next&) const = default;
    };
    [[nodiscard]] Next on_end(const Life& life);

private:
    Duration pause_ = kShortestPause;
    std::size_t died_young_ = 0;
};

}  // namespace nbdroot::agent::resident
