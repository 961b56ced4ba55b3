#include "agent/root/fstab.h"

#include "tests/support/catch.h"

using namespace nbdroot::agent::root;

namespace {

const Volumes kVolumes = {
    {.node = "/dev/nbd0"},
    {.node = "/dev/nbd0p2",
     .swap = {.uuid = "ab-12", .label = "swap-1"},
     .partition = nbdroot::agent::disk::Partition{.uuid = "part-2", .name = "the-swap"}}};

}  // namespace

TEST_CASE("the line for / becomes one for the overlay, everything else stays") {
    const auto [before, after] = GENERATE(table<const char*, const char*>({
        {"UUID=1 / ext4 errors=remount-ro 0 1\n", "overlay / overlay rw 0 0\n"},
        {"# / is here\nLABEL=x\t/ \text4 defaults 0 1\nproc /proc proc defaults 0 0\n",
         "# / is here\noverlay / overlay rw 0 0\nproc /proc proc defaults 0 0\n"},
        {"  /dev/nbd0 /", "overlay / overlay rw 0 0\n"},
        {"a / b\nc /x d\n\nc / d\n", "overlay / overlay rw 0 0\nc /x d\n\n"},
    }));
    CHECK(fstab_of_overlay(before, {}) == std::string(after));
}

TEST_CASE("an fstab that says nothing of / is left alone") {
    for (const char* const text :
         {"", "\n", "#a / b\n", "# a / b\n", "a /boot ext4\n", "/ x\n", "/", "a\n/ b\n", "   "}) {
        CAPTURE(text);
        CHECK_FALSE(fstab_of_overlay(text, kVolumes).has_value());
    }
}

TEST_CASE("swap on the device below an overlay, or in a file, becomes a comment") {
    const std::string name =
        GENERATE("/dev/nbd0p2", "/dev/nbd0", "UUID=AB-12", "UUID=\"ab-12\"", "LABEL=swap-1",
                 "PARTUUID=part-2", "PARTLABEL=the-swap", "/dev/disk/by-uuid/ab-12",
                 "/dev/disk/by-label/swap-1", "/dev/disk/by-partuuid/part-2",
                 "/dev/disk/by-partlabel/the-swap", "/swapfile");
    const std::string line = name + "\tnone swap sw 0 0";
    CAPTURE(line);
    CHECK(has_swap(line));
    CHECK(fstab_of_overlay("a /boot b\n" + line, kVolumes) ==
          "a /boot b\n# not under an overlay: " + line);
    CHECK(fstab_of_overlay(line + "\nx / y\n", kVolumes) ==
          "# not under an overlay: " + line + "\noverlay / overlay rw 0 0\n");
}

TEST_CASE("swap that lies elsewhere stays, as do other lines about the device") {
    for (const char* const line :
         {"UUID=ab-13 none swap sw", "LABEL=Swap-1 none swap sw", "/dev/nbd1p2 none swap sw",
          "/dev/zram0 none swap sw", "/dev/nbd0p2 /home ext4 rw", "# /dev/nbd0p2 none swap sw",
          "UUID= none swap sw"}) {
        CAPTURE(line);
        CHECK_FALSE(fstab_of_overlay(line, kVolumes).has_value());
    }
    CHECK_FALSE(has_swap("# a none swap\nswap /swap ext4\n"));
}
