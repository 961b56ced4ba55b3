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

TEST_CASE("a btrfs with a log tree needs recovery") {
    const auto [low, high, is_dirty] = GENERATE(table<std::uint32_t, std::uint32_t, bool>(
        {{0, 0, false}, {0x5000, 0, true}, {0, 1, true}}));
    const auto found = probe_superblock(
        Image().put(0x10040, "_BHRfS_M").put_u32(0x10060, low).put_u32(0x10064, high).bytes);
    REQUIRE(found.has_value());
    CHECK(found->needs_recovery == is_dirty);
}

TEST_CASE("the journal of another device is no ext2") {
    for (const std::uint32_t incompat : {0x8U, 0xcU, 0x8U | 0x2U}) {
        CAPTURE(incompat);
        CHECK_FALSE(probe_superblock(ext(0, incompat, 0).bytes).has_value());
    }
}

TEST_CASE("a device shorter than a superblock has no file system") {
    const Image image = ext(0x3c, 0x2c2, 0x46b);
    for (const std::size_t length : {0U, 1U, 4U, 1023U, 1024U, 1024U + 0x39U}) {
        CAPTURE(length);
        CHECK_FALSE(probe_superblock(ByteView(image.bytes).first(length)).has_value());
    }
}

TEST_CASE("f2fs has its label in UTF-16") {
    const auto found = probe_superblock(Image()
                                            .put(1024, "\x10\x20\xf5\xf2")
                                            .put(1024 + 124, std::string_view("r\0\xf6\0", 4))
                                            .bytes);
    REQUIRE(found.has_value());
    CHECK(found->label == "r\xc3\xb6");
}

TEST_CASE("each file system says how much of the device it needs") {
    const auto [what, image, size] = GENERATE(table<std::string, Image, std::uint64_t>({
        {"ext4, 1 KiB blocks", ext(0x3c, 0x2c2, 0x46b).put_u32(1024 + 0x4, 1000), 1'024'000},
        {"ext4, 4 KiB blocks above 32 bits",
         ext(0x3c, 0x2c2, 0x46b).put_u32(1024 + 0x150, 1).put_u32(1024 + 0x18, 2),
         std::uint64_t{1} << 44},
        {"ext2 has no upper half", ext(0x38, 0x2, 0x3).put_u32(1024 + 0x150, 1), 0},
        {"ext4, impossible block size",
         ext(0x3c, 0x2c2, 0x46b).put_u32(1024 + 0x4, 1000).put_u32(1024 + 0x18, 64), 0},
        {"xfs", Image().put(0, "XFSB").put(4, std::string_view("\0\0\x10\0", 4)).put(15, "\x10"),
         65536},
        {"xfs, more than there can be",
         Image().put(0, "XFSB").put(4, std::string_view("\0\0\x10\0", 4)).put(8, "\x80"), 0},
        {"btrfs", Image().put(0x10040, "_BHRfS_M").put_u32(0x100d1, 77), 77},
        {"squashfs", Image().put(0, "hsqs").put_u32(40, 4097), 4097},
        {"erofs",
         Image().put(1024, "\xe2\xe1\xf5\xe0").put_u32(1024 + 36, 3).put_u32(1024 + 12, 12), 12288},
        {"f2fs",
         Image()
             .put(1024, "\x10\x20\xf5\xf2")
             .put_u32(1024 + 16, 12)
             .put_u32(1024 + 20, 9)
             .put_u32(1024 + 48, 10)
             .put_u32(1024 + 72, 512),
         (512 + 5120) * 4096},
    }));
    CAPTURE(what);
    const auto found = probe_superblock(image.bytes);
    REQUIRE(found.has_value());
    CHECK(found->size_bytes == size);
}
