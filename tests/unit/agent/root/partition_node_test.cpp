#include "agent/root/partition_node.h"

#include "lib/base/text.h"
#include "tests/support/catch.h"

using namespace nbdroot;
using namespace nbdroot::agent;
using namespace nbdroot::agent::root;

namespace {

using Kind = disk::PartitionTable::Kind;
using Trouble = disk::PartitionTable::Trouble;

Volume partition(std::uint32_t number, std::uint64_t size = 512, std::uint64_t missing = 0) {
    return {.node = cat("/dev/nbd0p", number),
            .size_bytes = size,
            .partition =
                disk::Partition{.number = number, .size_bytes = size, .missing_bytes = missing}};
}

const Volumes kVolumes = {{.node = "/dev/nbd0"},   partition(2),
                          partition(17),           partition(40),
                          partition(5, 512, 1024), partition(6, 0, 1024)};

TableFacts facts(disk::PartitionTable table) {
    return {.device_bytes = 1 << 20, .table = std::move(table)};
}

TableFacts gpt(Trouble trouble = Trouble::none) {
    return facts({.kind = Kind::gpt, .trouble = trouble, .described_bytes = 2 << 20});
}

TableFacts mbr(Trouble trouble = Trouble::none) {
    return facts({.kind = Kind::mbr, .trouble = trouble, .described_bytes = 2 << 20});
}

const TableFacts kBackup = facts({.kind = Kind::gpt, .from_backup = true});
const TableFacts kOtherBlocks = facts({.kind = Kind::gpt, .block_bytes = 4096});

}  // namespace

TEST_CASE("a partition that the kernel does not show is explained with the way out") {
    const auto [what, node, table, evidence,
                part] = GENERATE(Catch::Generators::table<const char*, const char*, TableFacts,
                                                          Evidence, const char*>({
        {"driver without partitions", "p2", gpt(), {0}, "write nbd.max_part=15"},
        {"driver with too few", "p2", gpt(), {1}, "max_part=1: load it with max_part=15"},
        {"number beyond the usual", "p17", gpt(), {15}, "max_part=15: load it with max_part=31"},
        {"number far beyond it", "p40", gpt(), {31}, "load it with max_part=63"},
        {"not in the table", "p3", gpt(), {15}, "no such partition; there are: /dev/nbd0p2"},
        {"not in the table, driver with too few", "p100", gpt(), {1}, "no such partition"},
        {"not in the table, driver unknown", "p3", gpt(), {}, "no such partition"},
        {"backup GPT, driver without partitions", "p2", kBackup, {0}, "the word gpt"},
        {"backup GPT", "p2", kBackup, {15}, "the word gpt"},
        {"backup GPT, not in the table", "p3", kBackup, {15}, "no such partition"},
        {"other block size", "p2", kOtherBlocks, {15}, "made for blocks of 4096 bytes"},
        {"damaged GPT", "p1", gpt(Trouble::damaged), {15}, "no partitions of the device: its GPT"},
        {"damaged GPT, no MBR",
         "p1",
         facts({.trouble = Trouble::unprotected}),
         {15},
         "without the protective MBR"},
        {"GPT cut off", "p2", gpt(Trouble::cut_off), {15}, "needs 2.0 MiB (2097152 bytes)"},
        {"end of a GPT's partition cut off", "p5", gpt(), {15}, "the image is cut off"},
        {"MBR cut off before the partition",
         "p6",
         mbr(Trouble::cut_off),
         {15},
         "its table gives it 1.0 KiB (1024 bytes), of which 1.0 KiB (1024 bytes) lie beyond"},
        {"MBR cut off before a link", "p9", mbr(Trouble::cut_off), {15}, "the image is cut off"},
        {"scan refused", "p2", gpt(), {15, "Device or resource busy"}, "again: Device or res"},
        {"driver with too few refuses", "p2", gpt(), {0, "Invalid argument"}, "max_part=15"},
        {"no known reason", "p2", gpt(), {15}, "not shown it within 5 s"},
    }));
    CAPTURE(what);
    const std::string why = why_missing(cat("/dev/nbd0", node), kVolumes, table, evidence);
    CAPTURE(why);
    CHECK(why.find(part) != std::string::npos);
}

TEST_CASE("only a partition that the kernel ought to make is waited for") {
    CHECK(why_refused(partition(2), gpt()).empty());
    CHECK(why_refused(partition(2), mbr(Trouble::cut_off)).empty());
    CHECK(why_refused(partition(5, 512, 1024), mbr(Trouble::cut_off)).empty());
    CHECK_FALSE(why_refused(partition(6, 0, 1024), mbr(Trouble::cut_off)).empty());
    CHECK_FALSE(why_refused(partition(5, 512, 1024), gpt()).empty());
    CHECK_FALSE(why_refused(partition(2), gpt(Trouble::cut_off)).empty());
    CHECK_FALSE(why_refused(partition(2), kBackup).empty());
    CHECK_FALSE(why_refused(partition(2), kOtherBlocks).empty());
}
