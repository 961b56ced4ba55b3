#include "server/storage/overlay/overlay_map.h"

#include "tests/support/catch.h"

using nbdroot::server::storage::overlay::BlockRun;
using nbdroot::server::storage::overlay::BlockState;
using nbdroot::server::storage::overlay::OverlayMap;

namespace {

constexpr auto kBase = BlockState::base;
constexpr auto kData = BlockState::data;
constexpr auto kZero = BlockState::zero;

}  // namespace

TEST_CASE("a new map is all base") {
    const OverlayMap map(1000);
    CHECK(map.runs_of({0, 1000}) == std::vector<BlockRun>{{{0, 1000}, kBase}});
    CHECK(map.is_all({0, 1000}, kBase));
    CHECK(map.data_blocks() == 0);
}

TEST_CASE("a block is in its last state only") {
    OverlayMap map(1000);
    map.set({10, 10}, kData);
    map.set({15, 10}, kZero);
    map.set({24, 2}, kData);
    map.set({12, 1}, kBase);
    CHECK(map.runs_of({8, 20}) == std::vector<BlockRun>{{{8, 2}, kBase},
                                                        {{10, 2}, kData},
                                                        {{12, 1}, kBase},
                                                        {{13, 2}, kData},
                                                        {{15, 9}, kZero},
                                                        {{24, 2}, kData},
                                                        {{26, 2}, kBase}});
    CHECK(map.data_blocks() == 6);
    CHECK(map.zero_blocks() == 9);
    CHECK(map.state_of(15) == kZero);
    CHECK(map.is_all({15, 9}, kZero));
    CHECK_FALSE(map.is_all({15, 10}, kZero));
    CHECK_FALSE(map.is_all({12, 2}, kBase));
    CHECK(map.has_data({20, 5}));
    CHECK_FALSE(map.has_data({15, 9}));
}

TEST_CASE("ranges that end beyond the map, or overflow, are not its own") {
    const OverlayMap map(1000);
    CHECK(map.has({0, 1000}));
    CHECK(map.has({999, 1}));
    CHECK_FALSE(map.has({999, 2}));
    CHECK_FALSE(map.has({1000, 1}));
    CHECK_FALSE(map.has({5, 0}));
    CHECK_FALSE(map.has({UINT64_MAX, 2}));
    CHECK_FALSE(map.has({2, UINT64_MAX}));
}
