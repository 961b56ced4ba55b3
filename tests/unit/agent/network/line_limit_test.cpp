#include "agent/network/line_limit.h"

#include <string>

#include "tests/support/catch.h"

namespace nbdroot::agent::network {
namespace {

constexpr Instant kStart{Duration{5'000}};

}  // namespace

TEST_CASE("a line that is repeated every second shows every ten seconds") {
    LineLimit limit;
    int shown = 0;
    for (int second = 0; second < 100; ++second) {
        shown += limit.passes("put back", kStart + Duration{second * 1'000}) ? 1 : 0;
    }
    CHECK(shown == 10);
}

TEST_CASE("different lines show at once, up to a bound") {
    LineLimit limit;
    for (std::size_t i = 0; i < kLinesPerInterval; ++i) {
        CHECK(limit.passes(std::string(i + 1, 'x'), kStart));
    }
    CHECK_FALSE(limit.passes("one more", kStart + kLineInterval - Duration{1}));
    CHECK(limit.passes("one more", kStart + kLineInterval));
}

TEST_CASE("lines that take turns do not flood the log") {
    LineLimit limit;
    int shown = 0;
    for (int second = 0; second < 100; ++second) {
        const std::string line(static_cast<std::size_t>(second % 11 + 1), 'x');
        shown += limit.passes(line, kStart + Duration{second * 1'000}) ? 1 : 0;
    }
    CHECK(shown <= 88);
    CHECK(shown >= 60);
}

}  // namespace nbdroot::agent::network
