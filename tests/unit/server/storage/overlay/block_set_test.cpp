#include "server/storage/overlay/block_set.h"

#include <set>

#include "tests/sim/random.h"
#include "tests/support/catch.h"

using nbdroot::server::storage::overlay::BlockRange;
using nbdroot::server::storage::overlay::BlockSet;

namespace {

constexpr std::uint64_t kSeam = std::uint64_t{1} << 32;  // of blocks: where 16 TiB end

std::vector<BlockRange> runs_of(const BlockSet& set, BlockRange range) {
    std::vector<BlockRange> runs;
    while (const auto run = set.first_run(range)) {
        runs.push_back(*run);
        range = {.first = run->end(), .count = range.end() - run->end()};
    }
    return runs;
}

}  // namespace

TEST_CASE("a run is found whole, from whichever block, and cut off at the end of the question") {
    BlockSet set;
    set.add({100, 1000});
    set.add({1200, 1});
    CHECK(set.first_run({0, 10000}) == BlockRange{100, 1000});
    CHECK(set.first_run({100, 10}) == BlockRange{100, 10});
    CHECK(set.first_run({600, 10000}) == BlockRange{600, 500});
    CHECK(set.first_run({1100, 101}) == BlockRange{1200, 1});
    CHECK_FALSE(set.first_run({1100, 100}));
    CHECK_FALSE(set.first_run({1201, 1000000}));
    CHECK_FALSE(set.first_run({100, 0}));
}

TEST_CASE("blocks beyond 16 TiB are in the set, and runs go on there") {
    BlockSet set;
    set.add({kSeam - 2, 5});
    CHECK(set.count() == 5);
    CHECK(set.contains(kSeam - 1));
    CHECK(set.contains(kSeam + 2));
    CHECK_FALSE(set.contains(kSeam + 3));
    CHECK_FALSE(set.contains(2));
    CHECK(runs_of(set, {0, 3 * kSeam}) == std::vector<BlockRange>{{kSeam - 2, 5}});
    set.remove({kSeam - 1, 2});
    CHECK(runs_of(set, {0, 3 * kSeam}) == std::vector<BlockRange>{{kSeam - 2, 1}, {kSeam + 1, 2}});
    CHECK(set.count_in({kSeam, 100}) == 2);
}

TEST_CASE("a copy stays as it was") {
    BlockSet set;
    set.add({5, 3});
    const BlockSet copy = set;
    set.remove({0, 100});
    set.remove({9 * kSeam, 1});
    CHECK(set.count() == 0);
    CHECK(copy.count() == 3);
    CHECK(copy.first_run({0, 10}) == BlockRange{5, 3});
}

TEST_CASE("the set says what a plain set of numbers says") {
    // Ranges as they make each kind of chunk (4096 blocks) and page (1024 chunks), and borders.
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        nbdroot::sim::Random random(seed);
        constexpr std::uint64_t kBlocks = 5 << 20;
        BlockSet set;
        std::vector<bool> plain(kBlocks);
        for (int i = 0; i < 80; ++i) {
            const std::uint64_t first =
                random.one_in(2) ? random.below(9000) : random.below(kBlocks);
            const std::uint64_t longest = random.one_in(2) ? 3 : random.one_in(30) ? kBlocks : 9000;
            const std::uint64_t count = std::min(kBlocks - first, random.between(1, longest));
            const bool adds = random.percent(60);
            adds ? set.add({first, count}) : set.remove({first, count});
            for (std::uint64_t b = first; b < first + count; ++b) plain[b] = adds;
        }
        std::vector<BlockRange> expected;
        std::uint64_t members = 0;
        for (std::uint64_t b = 0; b < kBlocks; ++b) {
            if (!plain[b]) continue;
            ++members;
            if (b > 0 && plain[b - 1]) {
                ++expected.back().count;
            } else {
                expected.push_back({b, 1});
            }
        }
        INFO("seed " << seed);
        REQUIRE(set.count() == members);
        REQUIRE(set.count_in({0, kBlocks}) == members);
        REQUIRE(runs_of(set, {0, kBlocks}) == expected);
    }
}
