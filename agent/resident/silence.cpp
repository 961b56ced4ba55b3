#include "agent/resident/silence.h"

namespace nbdroot::agent::resident {

bool SilenceRule::is_dead(const sys::TcpInfo& info, Instant now) {
    const bool waits = info.unacknowledged_segments > 0 || info.unanswered_probes > 0;
    if (!waits) since_.reset();
    if (!waits) return false;
    if (!since_ || info.quiet < now - *since_) since_ = now;  // heard since the last look
    return now - *since_ >= kSilenceLimit;
}

}  // namespace nbdroot::agent::resident
