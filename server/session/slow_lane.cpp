#include "server/session/slow_lane.h"

#include <utility>

#include "lib/base/assert.h"

namespace nbdroot::server::session {

void SlowLane::submit(std::function<void()> begin) {
    if (started_ == maximum_) return waiting_.push_back(std::move(begin));
    ++started_;
    begin();
}

void SlowLane::ended() {
    NBDROOT_ASSERT(started_ > 0);
    if (waiting_.empty()) {
        --started_;
        return;
    }
    const auto begin = std::move(waiting_.front());
    waiting_.pop_front();
    begin();
}

}  // namespace nbdroot::server::session
