#include "agent/disk/unknown_content.h"

#include "tests/support/catch.h"
#include "tests/unit/agent/disk/image.h"

using namespace nbdroot;
using namespace nbdroot::agent::disk;

TEST_CASE("a device without a file system is described by what it holds instead") {
    const std::string device = "/dev/nbd0";
    const auto describe = [&](const Image& image) { return describe_unknown(image.bytes, device); };
    CHECK(describe(Image().put(510, "\x55\xaa").put(512, "EFI PART")) ==
          "it begins with a GPT partition table; leave root= out, or use root=/dev/nbd0p1 or "
          "another partition");
    CHECK(describe(Image().put(510, "\x55\xaa")) ==
          "it begins with an MBR partition table; leave root= out, or use root=/dev/nbd0p1 or "
          "another partition");
    CHECK(describe(Image().put(0, "QFI\xfb")).find("qcow2") != std::string::npos);
    CHECK(describe(Image().put(0, "\x28\xb5\x2f\xfd")).find("compressed") != std::string::npos);
    CHECK(describe(Image()).find("are zero") != std::string::npos);
    CHECK(describe(Image().put(3, "x")).find("rootfstype=") != std::string::npos);
    CHECK(describe_unknown({}, device) ==
          "its first 0 bytes are zero; a wrong export, or a lost connection?");
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
    CHECK(describe_unknown(image.bytes, "/dev/nbd0").find(name) != std::string::npos);
    CHECK(other_content(ByteView(image.bytes).first(offset + magic.size() - 1)) != name);
}
