#include "agent/disk/partition_table.h"

#include "tests/support/catch.h"
#include "tests/unit/agent/disk/gpt_image.h"
#include "tests/unit/agent/disk/image.h"

namespace nbdroot::agent::disk {
namespace {

using Kind = PartitionTable::Kind;
using Trouble = PartitionTable::Trouble;

constexpr std::size_t kDiskBytes = std::size_t{1} << 20;
// x86-64's root, as it lies on the disk.
constexpr std::string_view kRootType(
    "\xe3\xbc\x68\x4f\xcd\xe8\xb1\x4d\x96\xe7\xfb\xca\xf9\x84\xb7\x09", 16);
constexpr const char* kRootTypeText = "4f68bce3-e8cd-4db1-96e7-fbcaf984b709";
constexpr const char* kGuidText = "78563412-bc9a-f0de-0102-030405060708";

const std::vector<GptEntry> kEntries = {{.type = kUuid, .uuid = kUuid, .first = 40, .last = 47},
                                        {.type = kRootType,
                                         .uuid = kUuid,
                                         .first = 64,
                                         .last = 127,
                                         .attributes = kAttributeReadOnly,
                                         .name = "root-x86-64"}};

DiskImage gpt(std::uint32_t block_bytes = 512) {
    return DiskImage(kDiskBytes, block_bytes).put_gpt(kEntries);
}

PartitionTable read(const DiskImage& image) {
    const auto table = read_partition_table(image.disk());
    REQUIRE(table.has_value());
    return *table;
}

}  // namespace

TEST_CASE("CRC32 is that of zlib") {
    Crc32 crc;
    crc.add(base::as_bytes("12345"));
    crc.add(base::as_bytes("6789"));
    CHECK(crc.value() == 0xcbf43926);
}

TEST_CASE("a GPT gives numbers, places, types, identifiers, names and attributes") {
    const std::uint32_t block = GENERATE(512U, 4096U);
    CHECK(read(gpt(block)) ==
          PartitionTable{Kind::gpt,
                         block,
                         false,
                         {{1, 40 * block, 8 * block, kGuidText, kGuidText, "", 0},
                          {2, 64 * block, 64 * block, kRootTypeText, kGuidText, "root-x86-64",
                           kAttributeReadOnly}}});
}

TEST_CASE("a gap between GPT entries keeps its number") {
    DiskImage image(kDiskBytes);
    image.put_gpt({kEntries[0], {}, kEntries[1]});
    const auto table = read(image);
    REQUIRE(table.partitions.size() == 2);
    CHECK(table.partitions[1].number == 3);
}

TEST_CASE("a GPT made for another block size than the device's is found and says so") {
    DiskImage image = gpt(4096);
    auto disk = image.disk();
    disk.block_bytes = 512;
    const auto table = read_partition_table(disk);
    REQUIRE(table.has_value());
    CHECK(table->block_bytes == 4096);
    CHECK(table->partitions.size() == 2);
}

TEST_CASE("a damaged GPT is read from its backup") {
    DiskImage image = gpt();
    SECTION("header overwritten") { image.put(512, "EFI"), image.put(515, "\xff"); }
    SECTION("header of another sum") { image.put_number(512 + 40, 1, 8); }
    SECTION("header moved from elsewhere") {
        image.put_number(512 + 24, 7, 8);
        image.seal(1);
    }
    SECTION("entries of another sum") { image.put_number(1024 + 40, 48, 8); }
    SECTION("entries beyond the end") {
        image.put_number(512 + 72, UINT64_MAX, 8);
        // The sum of the entries is not reached: seal() would read them.
        image.put_number(512 + 16, 0, 4);
        Crc32 sum;
        sum.add(ByteView(image.bytes).subspan(512, 92));
        image.put_number(512 + 16, sum.value(), 4);
    }
    SECTION("entries across the end") {
        image.put_number(512 + 72, kDiskBytes / 512 - 1, 8).put_number(512 + 80, 8, 4);
        image.put_number(512 + 16, 0, 4);
        Crc32 sum;
        sum.add(ByteView(image.bytes).subspan(512, 92));
        image.put_number(512 + 16, sum.value(), 4);
    }
    const auto table = read(image);
    CHECK(table.from_backup);
    CHECK(table.partitions == read(gpt()).partitions);
}

TEST_CASE("a GPT whose header asks for too much is damaged") {
    const auto [offset, value] = GENERATE(table<std::size_t, std::uint64_t>({
        {80, 0},           // no entries
        {80, 8193},        // a list of more than 1 MiB
        {80, UINT32_MAX},  // the list would be larger than memory
        {84, 64},          // entries too short
        {84, 256},         // the kernel takes no others than 128
        {40, 1},           // the first usable block behind the last one
        {52, 1U << 30},    // a last usable block that no disk has
        {12, 91},          // header shorter than its fields
    }));
    CAPTURE(offset, value);
    DiskImage image = gpt();
    const std::size_t last = kDiskBytes - 512;
    for (const std::size_t header : {std::size_t{512}, last}) {
        image.put_number(header + offset, value, 4);
        image.put_number(header + 16, 0, 4);
        Crc32 sum;
        sum.add(ByteView(image.bytes).subspan(header, offset == 12 ? value : 92));
        image.put_number(header + 16, sum.value(), 4);
    }
    CHECK(read(image) ==
          PartitionTable{.kind = Kind::gpt, .partitions = {}, .trouble = Trouble::damaged});
}

TEST_CASE("a header longer than its block is damaged") {
    DiskImage image = gpt();
    for (const std::size_t header : {std::size_t{512}, kDiskBytes - 512}) {
        image.put_number(header + 12, 513, 4);
    }
    CHECK(read(image).partitions.empty());
}

TEST_CASE("a GPT of more entries than the kernel has numbers for counts the first 255") {
    DiskImage image(kDiskBytes);
    std::vector<GptEntry> entries(512);
    entries[254] = kEntries[0];
    entries[255] = kEntries[1];
    image.put_gpt(entries, 512);
    const auto table = read(image);
    REQUIRE(table.partitions.size() == 1);
    CHECK(table.partitions[0].number == 255);
    CHECK_FALSE(table.from_backup);
}

TEST_CASE("what a GPT has beyond the end of the disk is missing") {
    const std::uint64_t blocks = kDiskBytes / 512;
    const auto [first, last, size, missing] =
        GENERATE_COPY(table<std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t>({
            {40, blocks - 1, blocks - 40, 0},
            {40, blocks, blocks - 40, 1},
            {blocks, blocks + 9, 0, 10},
        }));
    CAPTURE(first, last);
    DiskImage image(kDiskBytes);
    image.put_gpt({{.type = kRootType, .uuid = kUuid, .first = first, .last = last}});
    const auto table = read(image);
    REQUIRE(table.partitions.size() == 1);
    CHECK(table.partitions[0].size_bytes == size * 512);
    CHECK(table.partitions[0].missing_bytes == missing * 512);
}

TEST_CASE("a GPT of a larger disk says that the image is cut off") {
    const std::uint64_t blocks = kDiskBytes / 512;
    const auto [last_usable, trouble, described] =
        GENERATE_COPY(table<std::uint64_t, Trouble, std::uint64_t>({
            {blocks - 1, Trouble::none, 0},
            {blocks, Trouble::cut_off, kDiskBytes + 512},
            {4 * blocks, Trouble::cut_off, 4 * kDiskBytes + 512},
        }));
    CAPTURE(last_usable);
    DiskImage image = gpt();
    image.put_number(512 + 48, last_usable, 8);
    image.seal(1);
    const auto table = read(image);
    CHECK(table.partitions.size() == 2);
    CHECK(table.trouble == trouble);
    CHECK(table.described_bytes == described);
}

TEST_CASE("an MBR of a larger disk keeps its partitions as far as they lie on it") {
    const std::uint32_t blocks = kDiskBytes / 512;
    DiskImage image(kDiskBytes);
    image.put_mbr(0, 0, 0x83, 64, 10).put_mbr(0, 1, 0x83, blocks - 8, 20);
    image.put_mbr(0, 2, 0x83, blocks, 30);
    const auto table = read(image);
    REQUIRE(table.partitions.size() == 3);
    CHECK(table.partitions[0].missing_bytes == 0);
    CHECK(table.partitions[1].size_bytes == std::uint64_t{8} * 512);
    CHECK(table.partitions[1].missing_bytes == std::uint64_t{12} * 512);
    CHECK(table.partitions[2].size_bytes == 0);
    CHECK(table.partitions[2].missing_bytes == std::uint64_t{30} * 512);
    CHECK(table.trouble == Trouble::cut_off);
    CHECK(table.described_bytes == kDiskBytes + std::uint64_t{30} * 512);
}

TEST_CASE("a chain of logical partitions that goes on beyond the end of the disk is cut off") {
    DiskImage image(kDiskBytes);
    image.put_mbr(0, 0, 0x05, 100, kDiskBytes / 512).put_mbr(100, 0, 0x83, 2, 10);
    image.put_mbr(100, 1, 0x05, kDiskBytes / 512 - 50, 10);
    CHECK(read(image).partitions.size() == 1);
    CHECK(read(image).trouble == Trouble::cut_off);
}

TEST_CASE("partitions that make no sense are left out") {
    const auto [first, last] = GENERATE(table<std::uint64_t, std::uint64_t>({
        {UINT64_MAX, UINT64_MAX},
        {48, 47},
        {0, UINT64_MAX},
    }));
    DiskImage image(kDiskBytes);
    image.put_gpt({{.type = kRootType, .uuid = kUuid, .first = first, .last = last}});
    CHECK(read(image).partitions.empty());
}

TEST_CASE("a GPT without its protective MBR is the remains of another use") {
    DiskImage image = gpt();
    SECTION("no MBR") { image.put(510, std::string_view("\0\0", 2)); }
    SECTION("a plain MBR over it") { image.put_mbr(0, 0, 0x83, 64, 64); }
    SECTION("one that does not lead to it") { image.put_mbr(0, 0, 0xee, 2, UINT32_MAX); }
    CHECK(read(image).kind != Kind::gpt);
}

TEST_CASE("a GPT without its protective MBR says so where there is nothing else") {
    DiskImage image = gpt();
    image.put(510, std::string_view("\0\0", 2));
    CHECK(read(image).trouble == Trouble::unprotected);
    image.put_mbr(0, 0, 0x83, 64, 64);
    CHECK(read(image).trouble == Trouble::none);
}

TEST_CASE("an MBR gives primary and logical partitions the kernel's numbers and PARTUUIDs") {
    DiskImage image(kDiskBytes);
    image.put_number(440, 0x1234abcd, 4);
    image.put_mbr(0, 0, 0x83, 64, 10).put_mbr(0, 2, 0x0f, 100, 300).put_mbr(0, 3, 0x82, 500, 20);
    image.put_mbr(100, 0, 0x83, 2, 50).put_mbr(100, 1, 0x05, 100, 100);
    image.put_mbr(200, 0, 0x83, 2, 60);
    CHECK(read(image) == PartitionTable{Kind::mbr,
                                        512,
                                        false,
                                        {{1, 64 * 512, 10 * 512, "0x83", "1234abcd-01", "", 0},
                                         {5, 102 * 512, 50 * 512, "0x83", "1234abcd-05", "", 0},
                                         {6, 202 * 512, 60 * 512, "0x83", "1234abcd-06", "", 0},
                                         {4, 500 * 512, 20 * 512, "0x82", "1234abcd-04", "", 0}}});
}

TEST_CASE("the third and fourth entry of a link count only where they lie inside of it") {
    const auto [first, count, is_taken] = GENERATE(table<std::uint32_t, std::uint32_t, bool>({
        {60, 10, true},
        {60, 300, false},  // beyond the link
        {UINT32_MAX - 50, 10, false},
    }));
    CAPTURE(first, count);
    DiskImage image(kDiskBytes);
    image.put_mbr(0, 0, 0x05, 100, 300);
    image.put_mbr(100, 0, 0x83, 2, 50).put_mbr(100, 2, 0x83, first, count);
    CHECK(read(image).partitions.size() == (is_taken ? 2 : 1));
}

TEST_CASE("the third entry of a later link counts only inside of that link") {
    const auto [count, is_taken] = GENERATE(table<std::uint32_t, bool>({{10, true}, {11, false}}));
    DiskImage image(kDiskBytes);
    image.put_mbr(0, 0, 0x05, 100, 300).put_mbr(100, 1, 0x05, 100, 20);
    image.put_mbr(200, 2, 0x83, 10, count);
    CHECK(read(image).partitions.size() == (is_taken ? 1 : 0));
}

TEST_CASE("a chain of logical partitions that leads to itself ends") {
    DiskImage image(kDiskBytes);
    image.put_mbr(0, 0, 0x05, 100, 300);
    std::size_t expected = 0;
    SECTION("without partitions") { image.put_mbr(100, 1, 0x05, 0, 100); }
    SECTION("with one in each link") {
        image.put_mbr(100, 0, 0x83, 2, 10).put_mbr(100, 1, 0x05, 0, 100);
        expected = 251;  // 5 to 255
    }
    CHECK(read(image).partitions.size() == expected);
}

TEST_CASE("chains that lead to themselves are read a few hundred times together") {
    DiskImage image(kDiskBytes);
    // A partition in every hundredth link starts the count of empty ones anew.
    image.put_mbr(0, 0, 0x05, 100, 200);
    for (std::uint32_t link = 0; link < 90; ++link) {
        image.put_mbr(100 + link, 1, 0x05, (link + 1) % 90, 200);
    }
    image.put_mbr(100, 0, 0x83, 2, 10);
    int reads = 0;
    Disk disk = image.disk();
    disk.read = [&reads, read = disk.read](std::uint64_t offset, std::size_t length) {
        ++reads;
        return read(offset, length);
    };
    const auto table = read_partition_table(disk);
    REQUIRE(table.has_value());
    CHECK(table->partitions.size() == 5);
    CHECK(reads == 401);
}

TEST_CASE("a chain that leads out of the disk ends there") {
    DiskImage image(kDiskBytes);
    image.put_mbr(0, 0, 0x05, 100, 300).put_mbr(100, 0, 0x83, 2, 10);
    image.put_mbr(100, 1, 0x05, UINT32_MAX, 10);
    CHECK(read(image).partitions.size() == 1);
}

TEST_CASE("the boot sector of a file system is no partition table") {
    DiskImage image(kDiskBytes);
    image.put(510, "\x55\xaa");
    SECTION("empty entries") {}
    SECTION("code where a table has flags") { image.put_mbr(0, 0, 0x83, 64, 10).put(446, "\x41"); }
    CHECK(read(image) == PartitionTable{});
}

TEST_CASE("a disk shorter than a sector, or than its table, has no partitions") {
    CHECK(read(DiskImage(0)) == PartitionTable{});
    CHECK(read(DiskImage(511)) == PartitionTable{});
    DiskImage image(512);
    image.put_mbr(0, 0, 0xee, 1, 1);
    CHECK(read(image).partitions.empty());
}

TEST_CASE("a device that cannot be read is an error, no empty table") {
    const Disk disk{.size_bytes = kDiskBytes, .block_bytes = 512, .read = [](auto, auto) {
                        return Result<Bytes>(fail("read", "/dev/nbd0", "Input/output error"));
                    }};
    CHECK_FALSE(read_partition_table(disk).has_value());
}

}  // namespace nbdroot::agent::disk
