#include "agent/resident/restarts.h"

#include <vector>

#include "tests/support/catch.h"

namespace nbdroot::agent::resident {
namespace {

constexpr Instant kStart{Duration{100'000}};

// Of processes that live for LIFE each: from one start to the next.
std::vector<Duration> intervals(Restarts& restarts, Duration life, int count) {
    std::vector<Duration> all;
    Instant began = kStart;
    for (int i = 0; i < count; ++i) {
        const Instant ended = began + life;
        const auto next = restarts.on_end({.began = began, .ended = ended});
        const Instant starts = std::max(next.at, ended);
        all.push_back(starts - began);
        began = starts;
    }
    return all;
}

}  // namespace

TEST_CASE("session processes that cannot live are started later and later, not once a second") {
    Restarts restarts;
    std::vector<Duration> expected;
    for (const int ms : {1'000, 2'000, 4'000, 8'000, 16'000, 32'000, 32'000, 32'000}) {
        expected.emplace_back(ms);
    }
    CHECK(intervals(restarts, Duration(5), 8) == expected);
    const auto next = restarts.on_end({.began = kStart, .ended = kStart});
    CHECK(next == Restarts::Next{.at = kStart + Duration(32'000), .died_young = 9});
}

TEST_CASE("a session process that was killed in its work is replaced at once") {
    Restarts restarts;
    const Instant ended = kStart + Restarts::kYouth;
    CHECK(restarts.on_end({.began = kStart, .ended = ended}) == Restarts::Next{.at = ended});
}

TEST_CASE("one that has lived ends the row of those that died young") {
    Restarts restarts;
    (void)intervals(restarts, Duration(5), 8);
    CHECK(intervals(restarts, Restarts::kYouth, 1).back() == Restarts::kYouth);
    CHECK(intervals(restarts, Duration(5), 1).back() == Restarts::kShortestPause);
}

}  // namespace nbdroot::agent::resident
