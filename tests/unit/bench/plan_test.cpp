#include "bench/load/plan.h"

#include <algorithm>
#include <vector>

#include "tests/support/catch.h"

using namespace nbdroot::bench;

namespace {

std::vector<Access> all(Plan plan) {
    std::vector<Access> found;
    while (const auto access = plan.next()) found.push_back(*access);
    return found;
}

constexpr std::uint64_t kImage = 1 << 20;

}  // namespace

TEST_CASE("a sequential plan starts again before it would read past the end") {
    const auto reads = all(Plan({.pattern = Pattern::sequential,
                                 .image_bytes = 10000,
                                 .block_bytes = 4096,
                                 .total_bytes = 3 * 4096}));
    CHECK(reads == std::vector<Access>{{0, 4096}, {4096, 4096}, {0, 4096}});
}

TEST_CASE("every pattern stays inside the image and reads what it was told to") {
    for (const auto pattern : {Pattern::random, Pattern::sequential, Pattern::boot}) {
        std::uint64_t total = 0;
        for (const auto& read : all(Plan({.pattern = pattern,
                                .image_bytes = kImage,
                                .block_bytes = 4096,
                                .total_bytes = 4 * kImage}))) {
            CHECK(read.offset_bytes % 4096 == 0);
            CHECK(read.offset_bytes + read.length_bytes <= kImage);
            total += read.length_bytes;
        }
        CHECK(total >= 4 * kImage);
        CHECK(total < 4 * kImage + (128 << 10));
    }
}

TEST_CASE("the same seed gives the same reads, another seed others") {
    Plan::Options options{.pattern = Pattern::boot, .image_bytes = kImage, .total_bytes = kImage};
    const auto first = all(Plan(options));
    CHECK(first == all(Plan(options)));
    options.seed = 2;
    CHECK(first != all(Plan(options)));
}

TEST_CASE("a connect plan reads nothing") {
    CHECK(all(Plan({.pattern = Pattern::connect, .image_bytes = kImage, .total_bytes = kImage}))
              .empty());
}

TEST_CASE("of a plan's accesses so many write as it was told to") {
    for (const std::uint32_t percent : {0U, 25U, 100U}) {
        const auto found = all(Plan({.pattern = Pattern::random,
                                     .image_bytes = kImage,
                                     .block_bytes = 4096,
                                     .total_bytes = 4000 * 4096,
                                     .write_percent = percent}));
        const auto writes =
            std::count_if(found.begin(), found.end(), [](const Access& one) { return one.writes; });
        CHECK(found.size() == 4000);
        CHECK(writes >= 40 * static_cast<long>(percent) * 8 / 10);
        CHECK(writes <= 40 * static_cast<long>(percent) * 12 / 10);
    }
}
