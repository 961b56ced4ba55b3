#include "agent/resident/silence.h"

#include "tests/support/catch.h"

namespace nbdroot::agent::resident {
namespace {

constexpr Instant kStart{Duration{1'000'000}};
constexpr Duration kSecond{1000};

// Looks once a second with what INFO(seconds) says; gives the second at which the peer is dead.
template <class Info>
int seconds_until_dead(Info info, int limit = 60) {
    SilenceRule rule;
    for (int second = 0; second <= limit; ++second) {
        if (rule.is_dead(info(second), kStart + second * kSecond)) return second;
    }
    return -1;
}

}  // namespace

TEST_CASE("unacknowledged bytes and silence for 8 s are a dead server") {
    CHECK(seconds_until_dead([](int second) {
              const Duration quiet = second * kSecond + Duration{500};
              return sys::TcpInfo{.unacked_segments = 1, .since_data = quiet, .since_ack = quiet};
          }) == 8);
}

TEST_CASE("an unanswered probe counts like unacknowledged bytes") {
    CHECK(seconds_until_dead([](int second) {
              return sys::TcpInfo{.unanswered_probes = 1,
                                  .since_data = (second + 3) * kSecond,
                                  .since_ack = (second + 3) * kSecond};
          }) == 8);
}

TEST_CASE("an idle connection is never given up by silence alone") {
    CHECK(seconds_until_dead([](int second) {
              return sys::TcpInfo{.since_data = second * kSecond, .since_ack = second * kSecond};
          }) == -1);
}

TEST_CASE("a closed window with unsent bytes is a live server") {
    // A probe is answered at once: it is unanswered in single looks only.
    CHECK(seconds_until_dead([](int second) {
              return sys::TcpInfo{.unanswered_probes = second % 7 == 6 ? 1U : 0U,
                                  .since_data = (second % 7) * kSecond,
                                  .since_ack = (second % 7) * kSecond};
          }) == -1);
}

TEST_CASE("a server without room for what it was sent is live") {
    // It is sent again after 0.2, 0.4, … 12.8 s, and each time answered at once.
    CHECK(seconds_until_dead([](int second) {
              const Duration ago = second * kSecond;
              return sys::TcpInfo{.unacked_segments = 1,
                                  .since_sent = ago,
                                  .since_data = ago + kSecond,
                                  .since_ack = ago};
          }) == -1);
}

TEST_CASE("a slow server that is heard from now and then is not given up") {
    CHECK(seconds_until_dead([](int second) {
              return sys::TcpInfo{.unacked_segments = 1,
                                  .since_data = (second % 6) * kSecond,
                                  .since_ack = (second % 6) * kSecond};
          }) == -1);
}

TEST_CASE("silence before the bytes were sent does not count") {
    SilenceRule rule;
    CHECK_FALSE(rule.is_dead({.since_data = 60 * kSecond, .since_ack = 60 * kSecond}, kStart));
    const sys::TcpInfo waits{
        .unacked_segments = 1, .since_data = 70 * kSecond, .since_ack = 70 * kSecond};
    CHECK_FALSE(rule.is_dead(waits, kStart + 10 * kSecond));
    CHECK_FALSE(rule.is_dead(waits, kStart + 17 * kSecond));
    CHECK(rule.is_dead(waits, kStart + 18 * kSecond));
}

TEST_CASE("the silence of the connection before does not count") {
    SilenceRule rule;
    const sys::TcpInfo waits{
        .unacked_segments = 1, .since_data = 60 * kSecond, .since_ack = 60 * kSecond};
    CHECK_FALSE(rule.is_dead(waits, kStart));
    rule.reset();
    CHECK_FALSE(rule.is_dead(waits, kStart + 9 * kSecond));
}

}  // namespace nbdroot::agent::resident
