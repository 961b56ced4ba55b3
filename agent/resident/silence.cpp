#include "agent/resident/silence.h"

#include <algorithm>

namespace nbdroot::agent::resident {

bool SilenceRule::is_dead(const sys::TcpInfo& info, Instant now) {
    const Duration quiet = std::min(info.since_data, info.since_ack);
    const bool waits =
        (info.unacked_segments > 0 && info.since_sent < quiet) || info.unanswered_probes > 0;
    if (!waits) since_.reset();
    if (!waits) return false;
    if (!since_ || quiet < now - *since_) since_ = now;  // heard since the last look
    return now - *since_ >= kSilenceLimit;
}

}  // namespace nbdroot::agent::resident
