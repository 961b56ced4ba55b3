#include "server/session/slow_lane.h"

#include <vector>

#include "tests/support/catch.h"

using nbdroot::server::session::SlowLane;

TEST_CASE("more than a few pieces of slow work wait, in order", "[T52]") {
    SlowLane lane;
    std::vector<int> begun;
    for (int i = 0; i < 10; ++i) {
        lane.submit([&begun, i] { begun.push_back(i); });
    }
    CHECK(begun == std::vector{0, 1, 2, 3});
    lane.ended();
    lane.ended();
    CHECK(begun == std::vector{0, 1, 2, 3, 4, 5});
}

TEST_CASE("a lane that was empty begins at once again") {
    SlowLane lane;
    int begun = 0;
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 6; ++i) {
            lane.submit([&] { ++begun; });
        }
        CHECK(begun == round * 6 + 4);
        for (int i = 0; i < 6; ++i) lane.ended();
        CHECK(begun == round * 6 + 6);
    }
}
