#include "bench/load/plan.h"

#include <vector>

#include "tests/support/catch.h"

using namespace nbdroot::bench;

namespace {

std::vector<Read> all(Plan plan) {
    std::vector<Read> reads;
    while (const auto read = plan.next()) reads.push_back(*read);
    return reads;
}

constexpr std::uint64_t kImage = 1 << 20;

}  // namespace

TEST_CASE("a sequential plan starts again before it would read past the end") {
    const auto reads = all(Plan({.pattern = Pattern::sequential,
                                 .image_bytes = 10000,
                                 .block_bytes = 4096,
                                 .total_bytes = 3 * 4096}));
    CHECK(reads == std::vector<Read>{{0, 4096}, {4096, 4096}, {0, 4096}});
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
