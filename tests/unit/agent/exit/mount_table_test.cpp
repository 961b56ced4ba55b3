#include "agent/exit/mount_table.h"

#include "tests/support/catch.h"

namespace nbdroot::agent::exit {

TEST_CASE("mounts are read in their order, whatever optional fields they have") {
    const auto table = parse_mount_table(
        "22 1 43:0 / / rw,relatime shared:1 - ext4 /dev/nbd0 rw\n"
        "23 22 0:21 / /proc rw,nosuid - proc proc rw\n"
        "24 22 0:5 /sub /srv rw shared:2 master:1 - btrfs /dev/nbd0p2 ro,space_cache\n");
    REQUIRE(table);
    CHECK(*table == std::vector<Mount>{
                        {.device = "43:0", .point = "/", .type = "ext4", .source = "/dev/nbd0"},
                        {.device = "0:21", .point = "/proc", .type = "proc", .source = "proc"},
                        {.device = "0:5",
                         .point = "/srv",
                         .type = "btrfs",
                         .source = "/dev/nbd0p2",
                         .is_writable = false},
                    });
}

TEST_CASE("a read-only mount of a writable file system counts as writable") {
    const auto table = parse_mount_table("22 1 43:0 / / ro - ext4 /dev/nbd0 rw,errors=continue\n");
    CHECK(table->front().is_writable);
}

TEST_CASE("options that only begin with ro are not ro") {
    const auto table = parse_mount_table("22 1 43:0 / / rw - x /dev/nbd0 rootcontext=ro\n");
    CHECK(table->front().is_writable);
}

TEST_CASE("blanks and backslashes in paths are read, half an escape stays") {
    const auto [written, meant] = GENERATE(table<const char*, const char*>({
        {"/a\\040b", "/a b"},
        {"/a\\134b", "/a\\b"},
        {"/a\\011\\012", "/a\t\n"},
        {"/a\\04", "/a\\04"},
        {"/a\\", "/a\\"},
        {"/a\\777", "/a\\777"},
        {"/a\\08x", "/a\\08x"},
        {"/a\\377", "/a\xff"},
    }));
    const auto table = parse_mount_table("1 0 0:1 / " + std::string(written) + " rw - t s rw\n");
    REQUIRE(table);
    CHECK(table->front().point == meant);
}

TEST_CASE("a source without a name is an empty field, not a missing one") {
    const auto table = parse_mount_table("1 0 0:1 / /x rw - tmpfs  rw\n");
    REQUIRE(table);
    CHECK(table->front().source.empty());
}

TEST_CASE("a line that is no mount is refused, not passed over") {
    const std::string line = GENERATE("22 1 43:0 / / rw", "22 1 43:0 / / rw - ext4 /dev/nbd0",
                                      "22 1 43:0 / / rw shared:1 ext4 /dev/nbd0 rw", "-", "x");
    CHECK_FALSE(parse_mount_table("1 0 0:1 / /x rw - t s rw\n" + line + "\n"));
}

TEST_CASE("nothing lies on a disk without a name") {
    const Mount mount{.device = "259:0", .point = "/", .type = "xfs", .source = "/dev/pmem0"};
    CHECK_FALSE(lies_on(mount, "", {}));
}

TEST_CASE("what lies on a disk is known by number or by source") {
    const std::vector<std::string> numbers{"43:0", "43:1"};
    const auto lies = [&](const char* device, const char* source) {
        return lies_on({.device = device, .point = "/", .type = "t", .source = source}, "nbd0",
                       numbers);
    };
    CHECK(lies("43:0", "/dev/root"));
    CHECK(lies("43:1", "whatever"));
    CHECK(lies("0:25", "/dev/nbd0"));  // btrfs
    CHECK(lies("0:25", "/dev/nbd0p1"));
    CHECK_FALSE(lies("43:32", "/dev/nbd1"));
    CHECK_FALSE(lies("43:160", "/dev/nbd01"));
    CHECK_FALSE(lies("0:25", "nbd0"));
    CHECK_FALSE(lies("0:25", "overlay"));
}

TEST_CASE("a folder's neighbours of similar name are not in it") {
    CHECK(is_within("/oldroot", "/oldroot"));
    CHECK(is_within("/oldroot/run", "/oldroot"));
    CHECK_FALSE(is_within("/oldroots", "/oldroot"));
    CHECK_FALSE(is_within("/", "/oldroot"));
    CHECK(is_within("/anything", "/"));
}

}  // namespace nbdroot::agent::exit
