#include "agent/root/partition_node.h"

#include "tests/support/catch.h"

using namespace nbdroot::agent::root;

namespace {

const Volumes kVolumes = {{.node = "/dev/nbd0"}, {.node = "/dev/nbd0p2"}};

std::string why(const std::string& node, const TableFacts& table,
                std::optional<std::uint64_t> max_part = 15) {
    return why_missing(node, kVolumes, table, max_part);
}

}  // namespace

TEST_CASE("a partition that the kernel does not show is explained with the way out") {
    const auto [what, node, table, max_part,
                part] = GENERATE(Catch::Generators::table<const char*, const char*, TableFacts,
                                                          std::optional<std::uint64_t>,
                                                          const char*>({
        {"driver without partitions", "/dev/nbd0p2", {}, 0, "write nbd.max_part=15"},
        {"driver with too few", "/dev/nbd0p2", {}, 1, "max_part=1:"},
        {"not in the table", "/dev/nbd0p3", {}, 15, "no such partition; there are: /dev/nbd0p2"},
        {"not in the table, driver unknown", "/dev/nbd0p3", {}, std::nullopt, "no such"},
        {"backup GPT, driver without partitions",
         "/dev/nbd0p2",
         {.from_backup = true},
         0,
         "the word gpt"},
        {"backup GPT", "/dev/nbd0p2", {.from_backup = true}, 15, "the word gpt"},
        {"other block size",
         "/dev/nbd0p2",
         {.table_block_bytes = 4096},
         15,
         "made for blocks of 4096 bytes, the device has 512"},
        {"no known reason", "/dev/nbd0p2", {}, 15, "not shown it within 5 s"},
    }));
    CAPTURE(what);
    CHECK(why(node, table, max_part).find(part) != std::string::npos);
}
