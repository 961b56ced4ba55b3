#include "tests/support/catch.h"
#include "tests/unit/agent/resident/relay_world.h"

namespace nbdroot::agent::resident {

TEST_CASE("every request is answered once, whatever the connections do") {
    for (std::uint32_t seed = 1; seed <= 60; ++seed) {
        World world({.seed = seed});
        INFO("seed " << seed);
        REQUIRE(world.run() == "");
        CHECK(world.connections() > 0);
    }
}

TEST_CASE("a process that ends after any single store loses and doubles nothing") {
    for (std::uint32_t seed = 1; seed <= 3; ++seed) {
        World whole({.seed = seed, .requests = 30, .fails_requests = seed == 3});
        REQUIRE(whole.run() == "");
        REQUIRE(whole.stores() > 200);
        for (std::uint64_t store = 1; store <= whole.stores(); ++store) {
            World world(
                {.seed = seed, .crash_at = store, .requests = 30, .fails_requests = seed == 3});
            INFO("seed " << seed << ", ends after store " << store);
            REQUIRE(world.run() == "");
            REQUIRE(world.crashes() == 1);
        }
    }
}

TEST_CASE("processes that end again and again lose and double nothing") {
    for (std::uint32_t seed = 1; seed <= 100; ++seed) {
        World world({.seed = seed, .crash_one_in = 5 + seed % 50, .fails_requests = seed % 3 == 0});
        INFO("seed " << seed);
        REQUIRE(world.run() == "");
        CHECK(world.crashes() > 1);
    }
}

}  // namespace nbdroot::agent::resident
