#include "agent/service/hash_ranges.h"

#include "tests/support/catch.h"

using namespace nbdroot;
using namespace nbdroot::agent::service;
using protocol::service::Algorithm;
using protocol::service::Hashes;

TEST_CASE("a range is asked for in requests that a server takes, without a gap") {
    const auto [length, block] = GENERATE(table<std::uint64_t, std::uint64_t>({
        {1, 1},
        {64, 1},
        {65, 1},
        {1000, 7},
        {std::uint64_t{1} << 20, 4096},
        {INT64_MAX, std::uint64_t{1} << 60},
        {5, INT64_MAX},
    }));
    HashRanges ranges({Algorithm::sha256, 0, length, block});
    std::uint64_t at = 0;
    while (const auto next = ranges.next()) {
        CHECK(protocol::service::check(*next));
        CHECK(next->offset_bytes == at);
        CHECK(next->block_bytes == block);
        at += next->length_bytes;
    }
    CHECK(at == length);
}

TEST_CASE("only what takes moments is sent ahead") {
    CHECK(HashRanges({Algorithm::sha256, 0, 1 << 20, 4096}).ahead() == 2);
    CHECK(HashRanges({Algorithm::sha256, 0, 1 << 30, 1 << 20}).ahead() == 1);
}
