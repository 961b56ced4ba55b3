#include "lib/base/block_figures.h"

#include "tests/support/catch.h"

using nbdroot::base::BlockFigures;
using nbdroot::base::parse_block_figures;

TEST_CASE("block statistics of new and old kernels are told apart by type") {
    CHECK(parse_block_figures("     100        5     800      12       20        0     160       9 "
                              "      3       40      50        7        0      56        1       2 "
                              "       1\n") ==
          BlockFigures{.reads = 100, .writes = 20, .discards = 7, .flushes = 2, .in_flight = 3});
    CHECK(parse_block_figures("1 0 8 0 2 0 16 0 4 0 0\n") ==
          BlockFigures{.reads = 1, .writes = 2, .in_flight = 4});
}

TEST_CASE("anything but block statistics is refused") {
    for (const char* text : {"", "\n", "1 2 3", "1 2 3 4 5 6 7 8 9 10", "a b c d e f g h i j k",
                             "1 2 3 4 5 6 7 8 9 10 -1"}) {
        CHECK_FALSE(parse_block_figures(text));
    }
}
