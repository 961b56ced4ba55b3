#include "agent/exit/swap_table.h"

#include "tests/support/catch.h"

namespace nbdroot::agent::exit {
namespace {

const Disk kDisk{.name = "nbd0", .numbers = {"43:0", "43:1"}};
const std::vector<Mount> kTable{
    {.device = "43:1", .point = "/", .type = "ext4", .source = "/dev/nbd0p1"},
    {.device = "8:1", .point = "/data", .type = "ext4", .source = "/dev/sda1"}};
constexpr std::string_view kHead = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";

std::vector<std::string> find(std::string_view lines) {
    return swaps_on(std::string(kHead).append(lines), kDisk, kTable);
}

}  // namespace

TEST_CASE("swap on a partition of the root's disk, or in a file of a file system there, is found") {
    CHECK(find("/dev/nbd0p2                             partition\t1048572\t\t0\t\t-2\n"
               "/swap\\040file                           file\t\t1048572\t\t12\t\t-3\n") ==
          std::vector<std::string>{"/dev/nbd0p2", "/swap file"});
}

TEST_CASE("swap elsewhere stays") {
    CHECK(find("/dev/sda2 partition\t1\t0\t-2\n/data/swap file\t1\t0\t-3\n"
               "/dev/nbd01 partition\t1\t0\t-2\n/dev/zram0 partition\t1\t0\t100\n")
              .empty());
}

TEST_CASE("lines that name no swap are none") {
    CHECK(find(GENERATE("", "\n\n", "/dev/nbd0p2", "/dev/nbd0p2 ", " partition", "/swap files\t1",
                        "\t\t"))
              .empty());
}

}  // namespace nbdroot::agent::exit
