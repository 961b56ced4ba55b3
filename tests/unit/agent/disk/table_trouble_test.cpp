#include "agent/disk/table_trouble.h"

#include "tests/support/catch.h"

using namespace nbdroot::agent::disk;

TEST_CASE("a partition that reaches beyond the device says by how much") {
    CHECK(describe_missing({.size_bytes = 4096}).empty());
    CHECK(describe_missing({.size_bytes = 1024, .missing_bytes = 1024}) ==
          "its table gives it 2.0 KiB (2048 bytes), of which 1.0 KiB (1024 bytes) lie beyond the "
          "end of the device: the image is cut off; copy it again");
}

TEST_CASE("a table without a fault is nothing to speak of") {
    CHECK(describe_trouble({.kind = PartitionTable::Kind::gpt}, 4096).empty());
}
