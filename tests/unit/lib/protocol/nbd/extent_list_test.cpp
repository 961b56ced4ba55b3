#include "lib/protocol/nbd/extent_list.h"

#include <limits>
#include <random>

#include "lib/protocol/nbd/constants.h"
#include "tests/support/catch.h"

namespace nbdroot::protocol::nbd {
namespace {

constexpr std::uint32_t kHole = kStateHole | kStateZero;
using List = std::vector<ExtentDescriptor>;

TEST_CASE("neighbours that are alike become one descriptor") {
    ExtentList list(100, 10);
    list.add(10, 0);
    list.add(20, 0);
    list.add(30, kHole);
    list.add(40, kHole);
    CHECK(list.complete());
    CHECK(list.descriptors() == List{{30, 0}, {70, kHole}});
}

TEST_CASE("a descriptor never reaches beyond the request") {
    ExtentList list(100, 10);
    list.add(UINT64_MAX, kHole);
    CHECK(list.complete());
    list.add(5, 0);
    CHECK(list.descriptors() == List{{100, kHole}});
}

TEST_CASE("the list is complete once another descriptor would be one too many") {
    ExtentList list(100, 1);
    list.add(10, kHole);
    CHECK_FALSE(list.complete());
    list.add(10, kHole);
    CHECK_FALSE(list.complete());
    list.add(10, 0);
    CHECK(list.complete());
    list.add(10, kHole);
    CHECK(list.descriptors() == List{{20, kHole}});
}

TEST_CASE("lengths around 4 GiB neither overflow nor lose a byte") {
    const std::uint64_t length =
        GENERATE(std::uint64_t{UINT32_MAX} - 1, std::uint64_t{UINT32_MAX},
                 std::uint64_t{UINT32_MAX} + 1, std::uint64_t{UINT32_MAX} * 2, UINT64_MAX);
    ExtentList list(UINT32_MAX, 4);
    list.add(1, 0);
    list.add(length, kHole);
    CHECK(list.complete());
    CHECK(list.descriptors() == List{{1, 0}, {UINT32_MAX - 1, kHole}});
}

// For any stretches and any request: what is said is a prefix of the truth, without gaps.
TEST_CASE("descriptors say what was added, whatever it was") {
    std::mt19937_64 random(GENERATE(range(1u, 40u)));
    const auto below = [&](std::uint64_t limit) { return random() % limit; };
    const std::uint32_t asked = below(2) != 0 ? UINT32_MAX - static_cast<std::uint32_t>(below(3))
                                              : static_cast<std::uint32_t>(1 + below(UINT32_MAX));
    const std::size_t maximum = 1 + below(8);
    ExtentList list(asked, maximum);
    struct Stretch {
        std::uint64_t begin;
        std::uint32_t flags;
    };
    std::vector<Stretch> truth;
    std::uint64_t end = 0;
    while (!list.complete()) {
        const std::uint64_t length = below(4) == 0 ? UINT32_MAX - 1 + below(3) : 1 + below(1 << 30);
        const std::uint32_t flags = below(2) != 0 ? kHole : 0;
        list.add(length, flags);
        truth.push_back({.begin = end, .flags = flags});
        end += length;
    }
    const auto flags_at = [&](std::uint64_t offset) {
        std::uint32_t found = 0;
        for (const Stretch& stretch : truth) {
            if (stretch.begin <= offset) found = stretch.flags;
        }
        return found;
    };
    CHECK(list.descriptors().size() <= maximum);
    std::uint64_t said = 0;
    for (const ExtentDescriptor& descriptor : list.descriptors()) {
        REQUIRE(descriptor.length_bytes > 0);
        CHECK(flags_at(said) == descriptor.flags);
        said += descriptor.length_bytes;
        CHECK(flags_at(said - 1) == descriptor.flags);
        if (said < asked) CHECK(flags_at(said) != descriptor.flags);
    }
    CHECK(said <= asked);
    if (list.descriptors().size() < maximum) CHECK(said == asked);
}

}  // namespace
}  // namespace nbdroot::protocol::nbd
