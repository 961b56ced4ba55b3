#include "bench/load/statistics.h"

#include "tests/support/catch.h"

using namespace nbdroot::bench;

TEST_CASE("percentiles are by nearest rank and empty ones are 0") {
    std::vector<std::uint32_t> values = {5, 1, 4, 2, 3};
    CHECK(percentile(values, 50) == 3);
    CHECK(percentile(values, 99) == 5);
    CHECK(percentile(values, 100) == 5);
    CHECK(percentile(values, 0) == 1);
    std::vector<std::uint32_t> none;
    CHECK(percentile(none, 50) == 0);
}

TEST_CASE("the line of JSON has rates by the second") {
    Statistics statistics{.clients = 2,
                          .served = 1,
                          .failed = 1,
                          .reads = 10,
                          .writes = 2,
                          .bytes = 1ULL << 30,
                          .seconds = 2,
                          .read_microseconds = {7},
                          .connect_microseconds = {9}};
    CHECK(to_json(statistics) ==
          "{\"clients\":2,\"served\":1,\"failed\":1,\"reads\":10,\"writes\":2,\"bytes\":1073741824,"
          "\"seconds\":2.000000,\"iops\":6.0,\"gib_per_s\":0.5000,\"connects_per_s\":0.5,"
          "\"read_p50_us\":7,\"read_p99_us\":7,\"connect_max_us\":9}");
}
