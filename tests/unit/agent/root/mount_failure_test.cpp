#include "agent/root/mount_failure.h"

#include <cerrno>

#include "tests/support/catch.h"

using namespace nbdroot::agent;
using namespace nbdroot::agent::root;

namespace {

std::string message(const char* type, const char* found, int code, bool type_is_given = true) {
    return mount_failure({.node = "/dev/nbd0",
                          .type = type,
                          .found = found,
                          .code = code,
                          .type_is_given = type_is_given})
        .value()
        .message();
}

}  // namespace

TEST_CASE("an image smaller than its file system is refused with both sizes and the way out") {
    const disk::Superblock needs{.file_system = "ext4", .size_bytes = 33554432};
    const auto failure = too_small("/dev/nbd0p1", needs, 16777216);
    REQUIRE(failure.has_value());
    CHECK(failure->value().message() ==
          "mount /dev/nbd0p1: it has 16.0 MiB (16777216 bytes), its ext4 needs 32.0 MiB "
          "(33554432 bytes): the image is cut off; copy it again, or shrink the file system first");
    CHECK_FALSE(too_small("/dev/nbd0p1", needs, 33554432).has_value());
    CHECK_FALSE(too_small("/dev/nbd0p1", {.file_system = "ext4"}, 0).has_value());
}

TEST_CASE("an image whose last bytes fill no sector is to be padded") {
    const disk::Superblock needs{.file_system = "squashfs", .size_bytes = 1024};
    const auto text = [&](std::uint64_t size) {
        return too_small("/dev/nbd0", needs, size)->value().message();
    };
    CHECK(text(513).find("pad the image") != std::string::npos);
    CHECK(text(512).find("cut off") != std::string::npos);
}

TEST_CASE("a search that fails says what is wrong with the partition table") {
    const nbdroot::Error error{.operation = "find", .object = "root=LABEL=x", .reason = "nothing"};
    CHECK(with_trouble(error, {}).value() == error);
    const TableFacts damaged{.table = {.trouble = disk::PartitionTable::Trouble::damaged}};
    CHECK(with_trouble(error, damaged).value().message() ==
          "find root=LABEL=x: nothing; of the device: its GPT is damaged, the backup at its end "
          "too: repair the image (gdisk), or copy it again");
}

TEST_CASE("what wants to write says who forbids it") {
    FailedMount failed{.node = "/dev/nbd0", .type = "xfs", .found = "xfs", .code = EROFS};
    CHECK(mount_failure(failed).value().message().find("the server allows no") !=
          std::string::npos);
    failed.is_below_overlay = true;
    const std::string below = mount_failure(failed).value().message();
    CHECK(below.find("below an overlay") != std::string::npos);
    CHECK(below.find("server") == std::string::npos);
}

TEST_CASE("a missing driver names its module") {
    CHECK(message("xfs", "xfs", ENODEV) ==
          "mount /dev/nbd0 as xfs: No such device; the kernel has no driver for it: put the "
          "module xfs into the initramfs (nbdroot-mkinitramfs --add-modules xfs)");
}

TEST_CASE("a wrong rootfstype= is told from a wrong option or damage") {
    CHECK(message("xfs", "ext4", EINVAL).find("its superblock says ext4") != std::string::npos);
    CHECK(message("ext4", "ext2", EINVAL, false).find("rootfstype=") == std::string::npos);
    CHECK(message("ext4", "ext4", EINVAL).find("rootflags=") != std::string::npos);
    CHECK(message("ext4", "", EINVAL).find("rootflags=") != std::string::npos);
}

TEST_CASE("rw of a read-only export says how to get it") {
    const std::string line = read_only_export("/dev/nbd0");
    CHECK(line.find("/dev/nbd0: rw was asked for") != std::string::npos);
    CHECK(line.find("nbdroot.overlay=tmpfs") != std::string::npos);
}
