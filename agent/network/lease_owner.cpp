#include "agent/network/lease_owner.h"

#include <algorithm>

#include "agent/network/repair.h"

namespace nbdroot::agent::network {

LeaseOwner::Change LeaseOwner::on_address(std::uint32_t seconds, Instant now) {
    const bool was_ours = is_ours();
    if (seconds == 0 || seconds == kNoEnd) {
        deadline_.reset();
        return was_ours ? Change::none : Change::given_back;
    }
    const Duration left(std::int64_t{seconds} * 1000);
    deadline_ = now + left - std::clamp(left / kReclaimDivisor, kShortestReclaim, kLongestReclaim);
    return was_ours ? Change::handed_over : Change::none;
}

LeaseOwner::Change LeaseOwner::on_time(Instant now) {
    if (!deadline_ || now < *deadline_) return Change::none;
    deadline_.reset();
    return Change::forgotten;
}

}  // namespace nbdroot::agent::network
