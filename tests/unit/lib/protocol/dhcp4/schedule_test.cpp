#include "lib/protocol/dhcp4/schedule.h"

#include <vector>

#include "tests/support/catch.h"

namespace nbdroot::protocol::dhcp4 {
namespace {

// Halfway between the earliest and the latest: the nominal time.
Duration nominal(unsigned sent, Duration elapsed) {
    const auto earliest = discover_retry({.sent = sent, .elapsed = elapsed, .random = 0});
    return earliest * 4 / 3;
}

Instant at(std::int64_t seconds) { return Instant(Duration(seconds * 1000)); }

}  // namespace

TEST_CASE("retries come twice soon, then every second, then slower, for ever") {
    using Row = std::tuple<unsigned, int, int>;
    const auto [sent, elapsed_s, expected_ms] = GENERATE(
        Row{2, 0, 500}, Row{3, 1, 1000}, Row{12, 9, 1000}, Row{13, 10, 2000}, Row{40, 59, 2000},
        Row{41, 60, 4000}, Row{90, 179, 4000}, Row{91, 180, 8000}, Row{99, 100'000, 8000});
    CAPTURE(sent, elapsed_s);
    CHECK(nominal(sent, Duration(elapsed_s * 1000)).count() == expected_ms);
}

TEST_CASE("a port that opens after 45 s has to wait 2.5 s for the next try") {
    const Attempt attempt{.sent = 30, .elapsed = Duration{45'000}, .random = 1000};
    CHECK(discover_retry(attempt) == Duration{2'500});
}

TEST_CASE("a running system does not ask a dead server more than once a minute or so") {
    const Attempt attempt{
        .sent = 500, .elapsed = Duration{600'000}, .slowest = kSlowestRunningRetry, .random = 0};
    CHECK(discover_retry(attempt) == Duration{48'000});
}

TEST_CASE("six requests take 8.5 s") {
    Duration whole{};
    for (unsigned sent = 1; sent <= kRequestLimit; ++sent) whole += request_retry(sent, 0) * 4 / 3;
    CHECK(whole == Duration{8'500});
    CHECK(request_retry(0, 0) == request_retry(1, 0));
    CHECK(request_retry(99, 0) == request_retry(kRequestLimit, 0));
}

TEST_CASE("renewals are not tried more often than once a minute, or a sixteenth of the lease") {
    const auto retry = [](std::uint32_t lease_seconds, std::int64_t limit) {
        return (renewal_retry({.lease_seconds = lease_seconds}, at(0), at(limit)) - at(0)).count();
    };
    CHECK(retry(86400, 32400) == 16'200'000);
    CHECK(retry(86400, 100) == 60'000);
    CHECK(retry(86400, 30) == 30'000);  // the limit itself
    CHECK(retry(160, 30) == 15'000);
    CHECK(retry(160, 12) == 10'000);
    CHECK(retry(10, 2) == 1'000);
}

TEST_CASE("the longest lease that is none for ever does not overflow") {
    const Lease lease{.lease_seconds = kForEver - 1,
                      .renewal_seconds = kForEver / 2,
                      .rebinding_seconds = kForEver - 2,
                      .since = at(1'000'000'000)};
    const auto times = times_of(lease);
    REQUIRE(times);
    CHECK(times->renewal < times->rebinding);
    CHECK(times->rebinding < times->end);
    CHECK(renewal_start(lease, lease.since, UINT32_MAX) > lease.since);
}

TEST_CASE("no T1 is too long for the spread of the first renewal") {
    // Of an eighth of the first, in ms, the lower 32 bits are all ones; the second needs the 33rd.
    const std::uint32_t renewal_seconds = GENERATE(3'642'132'267U, 34'359'739U, 4'000'000'000U);
    CAPTURE(renewal_seconds);
    const Lease lease{.lease_seconds = kForEver - 1,
                      .renewal_seconds = renewal_seconds,
                      .rebinding_seconds = kForEver - 2,
                      .since = at(0)};
    const Instant renewal = at(renewal_seconds);
    CHECK(renewal_start(lease, at(0), 0) == renewal);
    CHECK(renewal_start(lease, at(0), 1'000'000) == renewal - Duration{1'000'000});
    CHECK(renewal_start(lease, at(0), UINT32_MAX) >= renewal - (renewal - at(0)) / 8);
}

}  // namespace nbdroot::protocol::dhcp4
