#include "agent/resident/restarts.h"

#include <algorithm>

namespace nbdroot::agent::resident {

Restarts::Next Restarts::on_end(const Life& life) {
    if (life.ended - life.began >= kYouth) {
        *this = {};
        return {.at = life.ended};
    }
    const Instant at = life.began + pause_;
    pause_ = std::min(2 * pause_, kLongestPause);
    return {.at = at, .died_young = ++died_young_};
}

}  // namespace nbdroot::agent::resident
