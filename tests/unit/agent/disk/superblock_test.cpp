#include "agent/disk/superblock.h"

#include "tests/support/catch.h"
#include "tests/unit/agent/disk/image.h"

using namespace nbdroot;
using namespace nbdroot::agent::disk;

namespace {

Image ext(std::uint32_t compat, std::uint32_t incompat, std::uint32_t read_only_compat) {
    return Image()
        .put(1024 + 0x38, "\x53\xef")
        .put_u32(1024 + 0x5c, compat)
        .put_u32(1024 + 0x60, incompat)
        .put_u32(1024 + 0x64, read_only_compat)
        .put(1024 + 0x68, kUuid)
        .put(1024 + 0x78, "rootfs");
}

}  // namespace

TEST_CASE("ext2, ext3 and ext4 are told apart by their features") {
    const auto [compat, incompat, read_only_compat, type, dirty] =
        GENERATE(table<std::uint32_t, std::uint32_t, std::uint32_t, const char*, bool>({
            {0x38, 0x2, 0x3, "ext2", false},
            {0x3c, 0x2, 0x3, "ext3", false},
            {0x3c, 0x6, 0x3, "ext3", true},
            {0x3c, 0x2c2, 0x46b, "ext4", false},
            {0x3c, 0x2c6, 0x46b, "ext4", true},
            {0x38, 0x2c2, 0x46b, "ext4", false},  // without a journal
            {0x3c, 0x2, 0x8, "ext4", false},      // huge_file alone
        }));
    const auto found = probe_superblock(ext(compat, incompat, read_only_compat).bytes);
    CHECK(found == Superblock{type, kUuidText, "rootfs", dirty});
}

TEST_CASE("each file system is known by its magic number, with UUID and label") {
    CHECK(probe_superblock(Image().put(0, "XFSB").put(32, kUuid).put(108, "rootfs").bytes) ==
          Superblock{"xfs", kUuidText, "rootfs"});
    CHECK(probe_superblock(
              Image().put(0x10040, "_BHRfS_M").put(0x10020, kUuid).put(0x1012b, "big").bytes) ==
          Superblock{"btrfs", kUuidText, "big"});
    CHECK(probe_superblock(Image().put(0, "hsqs").bytes) == Superblock{"squashfs", "", ""});
    CHECK(probe_superblock(Image()
                               .put(1024, "\xe2\xe1\xf5\xe0")
                               .put(1024 + 48, kUuid)
                               .put(1024 + 64, "sixteen-letters-and-more")
                               .bytes) == Superblock{"erofs", kUuidText, "sixteen-letters-"});
    CHECK(probe_superblock(Image().put(1024, "\x10\x20\xf5\xf2").put(1024 + 108, kUuid).bytes) ==
          Superblock{"f2fs", kUuidText, ""});
}

TEST_CASE("a device shorter than a superblock has no file system") {
    const Image image = ext(0x3c, 0x2c2, 0x46b);
    for (const std::size_t length : {0U, 1U, 4U, 1023U, 1024U, 1024U + 0x39U}) {
        CAPTURE(length);
        CHECK_FALSE(probe_superblock(ByteView(image.bytes).first(length)).has_value());
    }
}

TEST_CASE("a device without a file system is described by what it holds instead") {
    const std::string device = "/dev/nbd0";
    const auto describe = [&](const Image& image) { return describe_unknown(image.bytes, device); };
    CHECK(describe(Image().put(510, "\x55\xaa").put(512, "EFI PART")) ==
          "it begins with a GPT partition table; use root=/dev/nbd0p1 or another partition");
    CHECK(describe(Image().put(510, "\x55\xaa")) ==
          "it begins with an MBR partition table; use root=/dev/nbd0p1 or another partition");
    CHECK(describe(Image().put(0, "QFI\xfb")).find("qcow2") != std::string::npos);
    CHECK(describe(Image().put(0, "\x28\xb5\x2f\xfd")).find("compressed") != std::string::npos);
    CHECK(describe(Image()).find("are zero") != std::string::npos);
    CHECK(describe(Image().put(3, "x")).find("rootfstype=") != std::string::npos);
    CHECK(describe_unknown({}, device) ==
          "its first 0 bytes are zero; a wrong export, or a lost connection?");
}
