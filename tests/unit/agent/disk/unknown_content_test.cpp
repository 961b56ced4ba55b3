#include "agent/disk/unknown_content.h"

#include "tests/support/catch.h"
#include "tests/unit/agent/disk/image.h"

using namespace nbdroot;
using namespace nbdroot::agent::disk;

namespace {

using Kind = PartitionTable::Kind;
using Trouble = PartitionTable::Trouble;

std::string describe(ByteView bytes, const PartitionTable& table = {}) {
    return describe_unknown(
        {.start = bytes, .device = "/dev/nbd0", .table = table, .device_bytes = 1 << 20});
}

std::string describe(const Image& image, const PartitionTable& table = {}) {
    return describe(ByteView(image.bytes), table);
}

}  // namespace

TEST_CASE("a device without a file system is described by what it holds instead") {
    CHECK(describe(Image(), {.kind = Kind::gpt, .partitions = {{.number = 2}}}) ==
          "it has a GPT partition table; leave root= out, or use root=/dev/nbd0p2 or another "
          "partition");
    CHECK(describe(Image(), {.kind = Kind::mbr, .partitions = {{.number = 1}}}) ==
          "it has an MBR partition table; leave root= out, or use root=/dev/nbd0p1 or another "
          "partition");
    CHECK(describe(Image().put(0, "QFI\xfb")).find("qcow2") != std::string::npos);
    CHECK(describe(Image().put(0, "\x28\xb5\x2f\xfd")).find("compressed") != std::string::npos);
    CHECK(describe(Image()).find("are zero") != std::string::npos);
    CHECK(describe(Image().put(3, "x")).find("rootfstype=") != std::string::npos);
    CHECK(describe(ByteView()) ==
          "its first 0 bytes are zero; a wrong export, or a lost connection?");
}

TEST_CASE("a table that nobody can use is not recommended") {
    const Image image = Image().put(510, "\x55\xaa").put(512, "EFI PART");
    const auto [what, table, text] = GENERATE(Catch::Generators::table<const char*, PartitionTable,
                                                                       const char*>({
        {"damaged",
         {.kind = Kind::gpt, .trouble = Trouble::damaged},
         "its GPT is damaged, the backup at its end too: repair the image (gdisk), or copy it "
         "again"},
        {"unprotected",
         {.trouble = Trouble::unprotected},
         "it begins with a GPT without the protective MBR, which the kernel does not look at: "
         "repair the image (gdisk)"},
        {"cut off",
         {.kind = Kind::gpt,
          .partitions = {{.number = 1}},
          .trouble = Trouble::cut_off,
          .described_bytes = 2 << 20},
         "its partition table needs 2.0 MiB (2097152 bytes), it has 1.0 MiB (1048576 bytes): the "
         "image is cut off; copy it again"},
        {"empty", {.kind = Kind::gpt}, "its GPT has no partitions"},
        {"boot sector alone",
         {},
         "its first bytes are of no file system known here; give rootfstype="},
    }));
    CAPTURE(what);
    CHECK(describe(image, table) == text);
}

TEST_CASE("the journal of an ext file system on another device has a name") {
    const auto journal = [](std::uint32_t incompat) {
        return Image().put(1024 + 0x38, "\x53\xef").put_u32(1024 + 0x60, incompat);
    };
    CHECK(other_content(journal(0x8).bytes) == "an external ext journal");
    CHECK(other_content(journal(0x2).bytes).empty());
}

TEST_CASE("what is no root is called by its name") {
    const auto [offset, magic, name] = GENERATE(table<std::size_t, std::string, std::string>({
        {0, "LUKS\xba\xbe", "LUKS"},
        {512, "LABELONE", "LVM2"},
        {4086, "SWAPSPACE2", "swap"},
        {82, "FAT32", "FAT"},
        {3, "NTFS    ", "NTFS"},
        {0x8001, "CD001", "ISO 9660"},
    }));
    const Image image = Image().put(offset, magic);
    CHECK(other_content(image.bytes) == name);
    CHECK(describe(image).find(name) != std::string::npos);
    CHECK(other_content(ByteView(image.bytes).first(offset + magic.size() - 1)) != name);
}

TEST_CASE("swap has a UUID and a label") {
    Image image = Image().put(1036, kUuid).put(1052, "swap-1");
    CHECK(swap_tags(image.bytes).uuid.empty());
    image.put(4086, "SWAPSPACE2");
    CHECK(swap_tags(image.bytes).uuid == kUuidText);
    CHECK(swap_tags(image.bytes).label == "swap-1");
}
