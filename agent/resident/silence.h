// When a server that says nothing is given up, pure.
//
// TCP itself would take minutes, and TCP_USER_TIMEOUT is no way out: it also aborts a live peer
// whose window is closed. Bytes that wait unsent behind a closed window do not count here: a live
// server is then heard only at probes that back off beyond the limit, and answers each of them. Nor
// do bytes that it had no room for, and that are sent again ever more rarely: nothing has been sent
// since it was heard.
#pragma once

#include <optional>

#include "lib/base/time.h"
#include "lib/sys/tcp_liveness.h"

namespace nbdroot::agent::resident {

inline constexpr Duration kSilenceLimit{8'000};

class SilenceRule {
public:
    // Call it about once a second. True: in every look for kSilenceLimit something sent was
    // unacknowledged or a probe unanswered, and nothing at all was received in that time.
    [[nodiscard]] bool is_dead(const sys::TcpInfo& info, Instant now);

    // Another connection.
    void reset() { since_.reset(); }

private:
    std::optional<Instant> since_;
};

}  // namespace nbdroot::agent::resident
