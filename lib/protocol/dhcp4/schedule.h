// When the client sends again. Pure: the random part comes from outside.
//
// RFC 2131 section 4.1 starts at 4 s and doubles up to 64. A machine that boots waits for nothing
// else, and many switch ports drop everything for 30 to 50 s after link-up (spanning tree): so two
// tries soon after the first (the other end of a link that has just come up often loses a frame),
// then every second for 10 s, every 2 s up to one minute, every 4 s up to 3 minutes, every 8 s up
// to 10 minutes; then as the caller says. A port that opens after 45 s has its address 2.5 s later
// at most. Each wait is a quarter longer or shorter, so that machines switched on together drift
// apart.
#pragma once

#include <cstdint>

#include "lib/base/time.h"
#include "lib/protocol/dhcp4/lease.h"

namespace nbdroot::protocol::dhcp4 {

// After the first 10 minutes. A boot has nothing else to do; a running system must not fill the
// network because its DHCP server is gone for good.
inline constexpr Duration kSlowestBootRetry{8'000};
inline constexpr Duration kSlowestRunningRetry{64'000};

struct Attempt {
    unsigned sent = 1;   // messages so far, this one among them
    Duration elapsed{};  // since the first one
    Duration slowest = kSlowestBootRetry;
    std::uint32_t random = 0;
};
// How long to wait for an offer before the next DISCOVER.
[[nodiscard]] Duration discover_retry(const Attempt& attempt);

// A request is answered by a server that is there, if at all: at most kRequestLimit of them, in
// 8.5 s. Then the offer is thought lost.
inline constexpr unsigned kRequestLimit = 6;
[[nodiscard]] Duration request_retry(unsigned sent, std::uint32_t random);

// The instants of a lease; nullopt for one that has no end.
struct LeaseTimes {
    Instant renewal;    // T1
    Instant rebinding;  // T2
    Instant end;
};
[[nodiscard]] std::optional<LeaseTimes> times_of(const Lease& lease);

// When a lease taken at NOW is renewed: at T1, up to an eighth of that time earlier. Not within a
// second of NOW, however short the lease: a server must not make a client spin.
[[nodiscard]] Instant renewal_start(const Lease& lease, Instant now, std::uint32_t random);

// RFC 2131 section 4.4.5: half of the time left until LIMIT (T2, or the lease's end), but not less
// than a minute. With leases below 16 minutes that would leave one try: a sixteenth of the lease
// there, and never less than a second.
[[nodiscard]] Instant renewal_retry(const Lease& lease, Instant now, Instant limit);

}  // namespace nbdroot::protocol::dhcp4
