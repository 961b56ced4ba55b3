#include "agent/resident/stall.h"

#include "tests/support/catch.h"

namespace nbdroot::agent::resident {
namespace {

constexpr Instant kStart{Duration{1'000'000}};
constexpr Duration kSecond{1000};

}  // namespace

TEST_CASE("block statistics are read in the forms of old and new kernels") {
    // 17 columns: Linux 5.5 and later.
    CHECK(parse_block_counts("     100        5     800      12       20        0     160       9 "
                             "      3       40      50        7        0      56        1        2 "
                             "       1\n") == BlockCounts{.completed = 129, .in_flight = 3});
    // 11 columns: before discards were counted.
    CHECK(parse_block_counts("1 0 8 0 2 0 16 0 4 0 0\n") ==
          BlockCounts{.completed = 3, .in_flight = 4});
}

TEST_CASE("anything but block statistics is refused") {
    for (const char* text : {"", "\n", "1 2 3", "1 2 3 4 5 6 7 8 9 10", "a b c d e f g h i j k",
                             "1 2 3 4 5 6 7 8 9 10 -1"}) {
        CHECK_FALSE(parse_block_counts(text));
    }
}

TEST_CASE("requests in flight without a completion for the limit are a stall") {
    StallRule rule(5 * kSecond);
    const BlockCounts waiting{.completed = 7, .in_flight = 2};
    for (int second = 0; second < 5; ++second) {
        CHECK_FALSE(rule.is_stalled(waiting, kStart + second * kSecond));
    }
    CHECK(rule.is_stalled(waiting, kStart + 5 * kSecond));
}

TEST_CASE("a server that completes something is not stalled, however slow") {
    StallRule rule(5 * kSecond);
    for (int second = 0; second < 60; ++second) {
        const auto completed = static_cast<std::uint64_t>(second / 4);
        CHECK_FALSE(
            rule.is_stalled({.completed = completed, .in_flight = 9}, kStart + second * kSecond));
    }
}

TEST_CASE("an idle device is not stalled, and idle time does not count") {
    StallRule rule(5 * kSecond);
    CHECK_FALSE(rule.is_stalled({.completed = 7}, kStart));
    CHECK_FALSE(rule.is_stalled({.completed = 7}, kStart + 60 * kSecond));
    CHECK_FALSE(rule.is_stalled({.completed = 7, .in_flight = 1}, kStart + 61 * kSecond));
    CHECK_FALSE(rule.is_stalled({.completed = 7, .in_flight = 1}, kStart + 65 * kSecond));
    CHECK(rule.is_stalled({.completed = 7, .in_flight = 1}, kStart + 66 * kSecond));
}

TEST_CASE("the wait for the connection before does not count") {
    StallRule rule(5 * kSecond);
    CHECK_FALSE(rule.is_stalled({.completed = 7, .in_flight = 1}, kStart));
    rule.reset();
    CHECK_FALSE(rule.is_stalled({.completed = 7, .in_flight = 1}, kStart + 60 * kSecond));
    CHECK(rule.is_stalled({.completed = 7, .in_flight = 1}, kStart + 65 * kSecond));
}

TEST_CASE("a relay's oldest request is overdue where nothing is answered, or it was forgotten") {
    const Duration limit = 5 * kSecond;
    const auto [oldest, overdue] = GENERATE(table<OldestRequest, bool>({
        {OldestRequest{}, false},
        {OldestRequest{.waits = 60 * kSecond, .since_reply = 60 * kSecond},
         false},  // nothing waits
        {OldestRequest{.waits = 5 * kSecond, .since_reply = 5 * kSecond, .in_flight = 1}, true},
        {OldestRequest{.waits = Duration{4'999}, .since_reply = 60 * kSecond, .in_flight = 1},
         false},
        // Slow, with a long queue.
        {OldestRequest{.waits = 60 * kSecond, .since_reply = kSecond, .in_flight = 100}, false},
        {OldestRequest{
             .waits = 60 * kSecond, .since_reply = kSecond, .overtaken_by = 127, .in_flight = 1},
         false},
        {OldestRequest{
             .waits = 60 * kSecond, .since_reply = kSecond, .overtaken_by = 128, .in_flight = 1},
         true},
        {OldestRequest{
             .waits = kSecond, .since_reply = kSecond, .overtaken_by = 128, .in_flight = 1},
         false},
    }));
    CAPTURE(oldest.waits.count(), oldest.overtaken_by);
    CHECK(is_overdue(oldest, limit) == overdue);
}

}  // namespace nbdroot::agent::resident
