// Who keeps the lease alive: the resident process, or the running system's network manager. Pure.
//
// We set an address without an end, since the root hangs on it; a manager that has taken a lease
// gives its address one. As long as it goes on doing that we keep out of the way: two clients with
// one identity confuse each other and the server. When the end comes near and nobody has moved it
// on, or the address is taken away or has no end any more, the lease is ours again.
#pragma once

#include <cstdint>
#include <optional>

#include "lib/base/time.h"

namespace nbdroot::agent::network {

// A manager rebinds from 7/8 of a lease on: it has half of what is left then.
inline constexpr unsigned kReclaimDivisor = 16;  // of the time that it set
inline constexpr Duration kShortestReclaim{1'000};
inline constexpr Duration kLongestReclaim{60'000};

class LeaseOwner {
public:
    enum class Change {
        none,
        handed_over,  // somebody else keeps it now
        given_back,   // and does so no more; the address is there without end, or gone
        forgotten,    // the same, but its end is near
    };

    // The kernel tells of the address: SECONDS valid (kNoEnd), 0: it is gone.
    [[nodiscard]] Change on_address(std::uint32_t seconds, Instant now);
    // To be called at next_deadline(), or later.
    [[nodiscard]] Change on_time(Instant now);

    [[nodiscard]] std::optional<Instant> next_deadline() const { return deadline_; }
    [[nodiscard]] bool is_ours() const { return !deadline_; }

private:
    std::optional<Instant> deadline_;  // of the manager
};

}  // namespace nbdroot::agent::network
