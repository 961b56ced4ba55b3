#include "agent/exit/write_back.h"

#include "tests/support/catch.h"

namespace nbdroot::agent::exit {
namespace {

constexpr Instant kStart{Duration{1'000'000}};
constexpr Duration kSecond{1'000};

}  // namespace

TEST_CASE("what is dirty and what is under way is still to be written") {
    CHECK(kib_to_write("MemTotal:  100 kB\nDirty:        12 kB\nWriteback:     30 kB\n"
                       "WritebackTmp:  7 kB\n") == 42U);
}

TEST_CASE("a text that does not say how much is to be written is no zero") {
    CHECK_FALSE(kib_to_write(GENERATE("", "Dirty: 1 kB\n", "Writeback: 1 kB\n",
                                      "Dirty:\nWriteback: 1 kB\n", "Dirty: x kB\nWriteback: 1 kB\n",
                                      "Dirty: 99999999999999999999 kB\nWriteback: 1 kB\n")));
}

TEST_CASE("a server that still takes what is written is not cut off") {
    Patience patience(10 * kSecond, kStart);
    std::uint64_t kib = 1000;
    for (int second = 0; second < 300; ++second) {
        CHECK_FALSE(patience.is_over(kib, kStart + second * kSecond));
        if (second % 9 == 8) --kib;
    }
}

TEST_CASE("a server that takes nothing is waited for until the limit, whatever piles up") {
    Patience patience(10 * kSecond, kStart);
    for (int second = 0; second < 10; ++second) {
        const auto kib = static_cast<std::uint64_t>(100 + second);
        CHECK_FALSE(patience.is_over(kib, kStart + second * kSecond));
    }
    CHECK(patience.is_over(109, kStart + 10 * kSecond));
}

TEST_CASE("where nobody knows what is to be written, the limit is all there is") {
    Patience patience(10 * kSecond, kStart);
    CHECK_FALSE(patience.is_over(std::nullopt, kStart + 9 * kSecond));
    CHECK(patience.is_over(std::nullopt, kStart + 10 * kSecond));
}

}  // namespace nbdroot::agent::exit
