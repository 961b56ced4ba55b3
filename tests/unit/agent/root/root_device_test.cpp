#include "agent/root/root_device.h"

#include "tests/support/catch.h"

using namespace nbdroot;
using namespace nbdroot::agent::root;

namespace {

const agent::disk::Superblock kWhole{"ext4", "12345678-9abc-def0-0102-030405060708", "rootfs"};

}  // namespace

TEST_CASE("root= means the whole device, a partition, or a tag of the whole device") {
    const auto [root, expected] = GENERATE(table<const char*, const char*>({
        {"", "/dev/nbd0"},
        {"/dev/nbd0", "/dev/nbd0"},
        {"/dev/root", "/dev/nbd0"},
        {"/dev/nbd0p1", "/dev/nbd0p1"},
        {"/dev/nbd0p15", "/dev/nbd0p15"},
        {"UUID=12345678-9ABC-def0-0102-030405060708", "/dev/nbd0"},
        {"UUID=\"12345678-9abc-def0-0102-030405060708\"", "/dev/nbd0"},
        {"LABEL=rootfs", "/dev/nbd0"},
    }));
    CAPTURE(root);
    CHECK(choose_device(root, "/dev/nbd0", kWhole) == std::string(expected));
}

TEST_CASE("root= that is not on the device is refused with what to write") {
    for (const char* const root :
         {"/dev/sda1", "/dev/nbd1", "/dev/nbd0p0", "/dev/nbd0p01", "/dev/nbd0p129", "/dev/nbd0p",
          "/dev/nbd0x1", "LABEL=", "UUID=", "LABEL=Rootfs", "UUID=12345678", "PARTUUID=1-2",
          "PARTLABEL=root", "tmpfs"}) {
        CAPTURE(root);
        const auto chosen = choose_device(root, "/dev/nbd0", kWhole);
        REQUIRE_FALSE(chosen.has_value());
        CHECK(chosen.error().message().find(root) != std::string::npos);
        CHECK(chosen.error().message().find("root=/dev/nbd0") != std::string::npos);
    }
}

TEST_CASE("an empty tag never matches a file system without that tag") {
    const agent::disk::Superblock nameless{"squashfs", "", ""};
    CHECK_FALSE(choose_device("UUID=", "/dev/nbd0", nameless).has_value());
    CHECK_FALSE(choose_device("LABEL=", "/dev/nbd0", nameless).has_value());
    CHECK_FALSE(choose_device("LABEL=rootfs", "/dev/nbd0", std::nullopt).has_value());
}
