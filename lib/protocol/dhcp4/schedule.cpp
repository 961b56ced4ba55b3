#include "lib/protocol/dhcp4/schedule.h"

#include <algorithm>
#include <array>

namespace nbdroot::protocol::dhcp4 {
namespace {

constexpr std::array kFirstRetries = {Duration{250}, Duration{500}};

struct Phase {
    Duration until;
    Duration interval;
};
constexpr std::array kPhases = {
    Phase{Duration{10'000}, Duration{1'000}},
    Phase{Duration{60'000}, Duration{2'000}},
    Phase{Duration{180'000}, Duration{4'000}},
    Phase{Duration{600'000}, Duration{8'000}},
};

constexpr std::array<Duration, kRequestLimit> kRequestRetries = {Duration{500},   Duration{1'000},
                                                                 Duration{1'000}, Duration{2'000},
                                                                 Duration{2'000}, Duration{2'000}};

constexpr unsigned kSpreadDivisor = 4;
constexpr Duration kShortestWait{1'000};
constexpr Duration kLongestRenewalRetry{60'000};
constexpr unsigned kRenewalTries = 16;  // of a short lease
constexpr unsigned kRenewalSpread = 8;  // of T1

Duration seconds(std::uint32_t count) { return Duration(std::int64_t{count} * 1000); }

Duration spread(Duration base, std::uint32_t random) {
    const auto part = static_cast<std::uint32_t>(base.count()) / kSpreadDivisor;
    return base - Duration(part) + Duration(random % (2 * part + 1));
}

Duration base_of(const Attempt& attempt) {
    const bool is_first = attempt.sent > 0 && attempt.sent <= kFirstRetries.size();
    if (is_first && attempt.elapsed < kPhases.front().until) return kFirstRetries[attempt.sent - 1];
    for (const Phase& phase : kPhases) {
        if (attempt.elapsed < phase.until) return phase.interval;
    }
    return attempt.slowest;
}

}  // namespace

Duration discover_retry(const Attempt& attempt) { return spread(base_of(attempt), attempt.random); }

Duration request_retry(unsigned sent, std::uint32_t random) {
    return spread(kRequestRetries[std::clamp(sent, 1U, kRequestLimit) - 1], random);
}

std::optional<LeaseTimes> times_of(const Lease& lease) {
    if (lease.lease_seconds == kForEver) return std::nullopt;
    return LeaseTimes{.renewal = lease.since + seconds(lease.renewal_seconds),
                      .rebinding = lease.since + seconds(lease.rebinding_seconds),
                      .end = lease.since + seconds(lease.lease_seconds)};
}

Instant renewal_start(const Lease& lease, Instant now, std::uint32_t random) {
    const Duration renewal = seconds(lease.renewal_seconds);
    const auto most = static_cast<std::uint64_t>(renewal.count()) / kRenewalSpread;
    const Duration earlier(static_cast<std::int64_t>(random % (most + 1)));
    return std::max(lease.since + renewal - earlier, now + kShortestWait);
}

Instant renewal_retry(const Lease& lease, Instant now, Instant limit) {
    const Duration shortest = std::clamp(seconds(lease.lease_seconds / kRenewalTries),
                                         kShortestWait, kLongestRenewalRetry);
    return std::min(limit, now + std::max((limit - now) / 2, shortest));
}

}  // namespace nbdroot::protocol::dhcp4
