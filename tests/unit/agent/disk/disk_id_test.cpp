#include "agent/disk/disk_id.h"

#include "agent/disk/superblock.h"
#include "lib/base/text.h"
#include "tests/support/catch.h"
#include "tests/unit/agent/disk/image.h"

namespace nbdroot::agent::disk {
namespace {

Image ext(std::uint32_t incompat) {
    return Image()
        .put(1024 + 0x38, "\x53\xef")
        .put_u32(1024 + 0x60, incompat)
        .put(1024 + 0x68, kUuid);
}

Image gpt(std::size_t block) {
    return Image().put(510, "\x55\xaa").put(block, "EFI PART").put(block + 56, kUuid);
}

}  // namespace

TEST_CASE("a disk is told by the UUID of its file system or partition table") {
    const auto [what, image, id] = GENERATE(table<std::string, Image, std::string>({
        {"nothing", Image(), ""},
        {"xfs", Image().put(0, "XFSB").put(32, kUuid), cat("xfs ", kUuidText)},
        {"a format without UUID", Image().put(0, "hsqs"), "squashfs"},
        {"GPT, mixed byte order", gpt(512), "gpt 78563412-bc9a-f0de-0102-030405060708"},
        {"GPT of 4096-byte blocks", gpt(4096), "gpt 78563412-bc9a-f0de-0102-030405060708"},
        {"MBR", Image().put(510, "\x55\xaa").put_u32(440, 0x1234abcd), "mbr 1234abcd"},
        {"MBR without signature", Image().put(510, "\x55\xaa"), "mbr"},
    }));
    CAPTURE(what);
    CHECK(disk_id(image.bytes) == id);
}

TEST_CASE("a file system that fills the disk counts, not the boot sector before it") {
    CHECK(disk_id(ext(0x2).put(510, "\x55\xaa").bytes) == cat("ext ", kUuidText));
}

TEST_CASE("an ext3 that its kernel makes an ext4 is the same disk") {
    CHECK(disk_id(ext(0x2).bytes) == disk_id(ext(0x42).bytes));
}

TEST_CASE("a partition table that is cut off has no identity") {
    const Image image = gpt(512);
    CHECK(disk_id(ByteView(image.bytes).first(512 + 56 + 15)) == "gpt");
    CHECK(disk_id(ByteView(image.bytes).first(511)).empty());
    CHECK(disk_id({}).empty());
}

}  // namespace nbdroot::agent::disk
