#include "lib/base/line_limiter.h"

#include "lib/base/text.h"
#include "tests/support/catch.h"

using nbdroot::cat;
using nbdroot::Instant;
using nbdroot::Level;
using nbdroot::base::kind_of;
using nbdroot::base::LineLimiter;
using Line = LineLimiter::Line;

namespace {

constexpr Instant kStart{std::chrono::seconds(1000)};

std::string lost(std::size_t port) { return cat("client 10.0.0.7:", port, ": lost"); }

// How many of COUNT lines of one kind are written at once.
std::size_t tell(LineLimiter& limiter, Level level, std::size_t count, Instant now) {
    std::size_t written = 0;
    for (std::size_t i = 0; i < count; ++i)
        written += limiter.passes(level, lost(i), now) ? 1U : 0U;
    return written;
}

}  // namespace

TEST_CASE("lines that differ in addresses, numbers and names are of one kind") {
    const auto [one, other] = GENERATE(table<std::string, std::string>({
        {"client 10.0.0.7:40001: lost", "client 192.168.10.200:5: lost"},
        {"client [fe80::1]:40001: lost", "client 10.0.0.7:5: lost"},
        {"unknown export 'x'; this server has: a", "unknown export 'y'; this server has: a"},
        {"unknown export 'it's'; has: a", "unknown export 'a'b'c'; has: a"},
        {"read 4.0 GiB", "read 512.3 GiB"},
        {"read /srv/debian12.img: Input/output error",
         "read /srv/debian11.img: Input/output error"},
    }));
    CHECK(kind_of(one) == kind_of(other));
}

TEST_CASE("lines in other words are of another kind") {
    CHECK(kind_of("client 10.0.0.7:1: lost") != kind_of("client 10.0.0.7:1: disconnected"));
    CHECK(kind_of("export 'a': truncated") != kind_of("export 'a': replaced"));
    CHECK(kind_of("'") == kind_of("''"));  // a lone quote is no end
}

TEST_CASE("a storm of lines is held back, and its size said when the minute is over") {
    LineLimiter limiter;
    CHECK(tell(limiter, Level::info, 1000, kStart) == LineLimiter::kMaximumTold);
    CHECK(limiter.overdue(kStart + LineLimiter::kWindow - std::chrono::milliseconds(1)).empty());
    CHECK(
        limiter.overdue(kStart + LineLimiter::kWindow) ==
        std::vector<Line>{{Level::info, cat(lost(999), " (799 more like this in the last 60 s)")}});
    CHECK(limiter.overdue(kStart + 2 * LineLimiter::kWindow).empty());
    CHECK(tell(limiter, Level::info, 1000, kStart + LineLimiter::kWindow) ==
          LineLimiter::kMaximumTold);
}

TEST_CASE("trouble is held back sooner than the coming and going of clients") {
    LineLimiter limiter;
    const auto level = GENERATE(Level::error, Level::warning);
    CHECK(tell(limiter, level, 1000, kStart) == LineLimiter::kMaximumTroubles);
}

TEST_CASE("a single line that was held back is said as it was") {
    LineLimiter limiter;
    (void)tell(limiter, Level::info, LineLimiter::kMaximumTold + 1, kStart);
    CHECK(limiter.held_back() == 1);
    CHECK(limiter.rest() == std::vector<Line>{{Level::info, lost(LineLimiter::kMaximumTold)}});
    CHECK(limiter.rest().empty());
    CHECK(limiter.held_back() == 0);
}

TEST_CASE("the first line of a kind passes in the middle of a storm of others") {
    LineLimiter limiter;
    (void)tell(limiter, Level::info, 1000, kStart);
    CHECK(limiter.passes(Level::error, "export 'a': truncated", kStart));
}

TEST_CASE("lines that were asked for by debug are never held back") {
    LineLimiter limiter;
    CHECK(tell(limiter, Level::debug, 1000, kStart) == 1000);
}

TEST_CASE("more kinds than are remembered share one limit") {
    LineLimiter limiter;
    std::size_t written = 0;
    std::string words = "a";
    for (std::size_t i = 0; i < 10 * LineLimiter::kMaximumKinds; ++i, words += 'a') {
        written += limiter.passes(Level::info, words, kStart) ? 1U : 0U;
    }
    CHECK(written <= LineLimiter::kMaximumKinds + LineLimiter::kMaximumTold + 1);
    CHECK(limiter.overdue(kStart + LineLimiter::kWindow).size() == 1);
    CHECK(limiter.passes(Level::info, "anew", kStart + LineLimiter::kWindow));
}
