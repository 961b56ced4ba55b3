// INFO replies put together: what is missing, contradicts itself or makes no sense.
#include "lib/protocol/nbd/received_infos.h"

#include <string>

#include "tests/support/catch.h"
#include "tests/unit/lib/protocol/nbd/messages.h"

namespace nbdroot::protocol::nbd {
namespace {

using test::block_size_item;
using test::export_item;
using test::hex;
using test::string_item;

// The reason of the first item that is refused, or of the whole.
std::string broken(std::initializer_list<Bytes> items) {
    ReceivedInfos infos;
    for (const Bytes& item : items) {
        if (const auto added = infos.add(item); !added) return added.error().reason;
    }
    const auto info = infos.finish();
    return info ? "" : info.error().reason;
}

ExportInfo whole(std::initializer_list<Bytes> items) {
    ReceivedInfos infos;
    for (const Bytes& item : items) REQUIRE(infos.add(item));
    const auto info = infos.finish();
    REQUIRE(info);
    return *info;
}

TEST_CASE("items are put together in any order, unknown ones ignored") {
    CHECK(whole({string_item(Info::description, "d"), hex("ffff 0102"),
                 block_size_item({512, 4096, 8192}), string_item(Info::name, "n"),
                 export_item(4096, 0x101), hex("0004")}) ==
          ExportInfo{.size_bytes = 4096,
                     .transmission_flags = 0x101,
                     .block_sizes = BlockSizes{512, 4096, 8192},
                     .canonical_name = "n",
                     .description = "d"});
}

TEST_CASE("repeated items that agree are harmless") {
    CHECK(whole({export_item(1), export_item(1), string_item(Info::name, "n"),
                 string_item(Info::name, "n"), block_size_item({1, 512, 512}),
                 block_size_item({1, 512, 512})}) ==
          ExportInfo{.size_bytes = 1,
                     .transmission_flags = kTransmitHasFlags,
                     .block_sizes = BlockSizes{1, 512, 512},
                     .canonical_name = "n"});
}

TEST_CASE("items that contradict each other are refused") {
    CHECK(broken({export_item(1), export_item(2)}) == "two different items for its size and flags");
    CHECK(broken({export_item(1, 1), export_item(1, 3)}) ==
          "two different items for its size and flags");
    CHECK(broken({block_size_item({1, 512, 512}), block_size_item({1, 512, 1024})}) ==
          "two different items for its block sizes");
    CHECK(broken({string_item(Info::name, "a"), string_item(Info::name, "b")}) ==
          "two different items for its name");
    CHECK(broken({string_item(Info::description, ""), string_item(Info::description, "b")}) ==
          "two different items for its description");
}

TEST_CASE("without NBD_INFO_EXPORT there is no export") {
    CHECK(broken({block_size_item({1, 512, 512}), string_item(Info::name, "a")}) ==
          "no NBD_INFO_EXPORT before the end");
}

TEST_CASE("items of a wrong length are refused") {
    CHECK(broken({{}}) == "an item of fewer than 2 bytes");
    CHECK(broken({hex("00")}) == "an item of fewer than 2 bytes");
    CHECK(broken({hex("0000 0000000000000001 00")}) == "NBD_INFO_EXPORT of 11 bytes instead of 12");
    CHECK(broken({hex("0000 0000000000000001 0001 00")}) ==
          "NBD_INFO_EXPORT of 13 bytes instead of 12");
    CHECK(broken({hex("0003 00000001 00001000 020000")}) ==
          "NBD_INFO_BLOCK_SIZE of 13 bytes instead of 14");
}

TEST_CASE("names and descriptions that are no strings of the protocol are refused") {
    CHECK(broken({string_item(Info::name, std::string(4097, 'n'))}) ==
          "a name that is too long or contains a NUL byte");
    CHECK(broken({string_item(Info::description, std::string("a\0b", 3))}) ==
          "a description that is too long or contains a NUL byte");
    CHECK(broken({string_item(Info::name, std::string(4096, 'n')), export_item(1)}).empty());
}

TEST_CASE("block sizes that make no sense are refused") {
    const auto [sizes, words] = GENERATE(table<BlockSizes, std::string>({
        {{0, 4096, 4096}, "0, 4096, 4096 bytes: minimum and preferred must be powers of two"},
        {{3, 4096, 4096}, "3, 4096, 4096 bytes: minimum and preferred must be powers of two"},
        {{1, 5000, 8192}, "1, 5000, 8192 bytes: minimum and preferred must be powers of two"},
        {{1, 0, 8192}, "1, 0, 8192 bytes: minimum and preferred must be powers of two"},
        {{131072, 131072, 131072}, "131072, 131072, 131072 bytes: the minimum is above 65536"},
        {{4096, 512, 8192}, "4096, 512, 8192 bytes: the preferred is below the minimum"},
        {{1, 4096, 2048}, "1, 4096, 2048 bytes: the maximum is below the preferred"},
        {{1, 4096, 0}, "1, 4096, 0 bytes: the maximum is below the preferred"},
    }));
    CHECK(broken({export_item(1 << 20), block_size_item(sizes)}) == "block sizes " + words);
}

TEST_CASE("a maximum below the preferred is fine where the export is that small") {
    CHECK(broken({export_item(1000), block_size_item({1, 4096, 1000})}).empty());
    CHECK(broken({export_item(100), block_size_item({512, 4096, 511})}) ==
          "block sizes 512, 4096, 511 bytes: the maximum is below the preferred");
}

TEST_CASE("a maximum that is no multiple of the minimum is rounded down") {
    const auto [sent, understood] = GENERATE(table<std::uint32_t, std::uint32_t>(
        {{8191, 4096}, {8192, 8192}, {0xffffffff, 0xffffffff}, {0xfffffffe, 0xfffff000}}));
    const ExportInfo info = whole({export_item(1 << 20), block_size_item({4096, 4096, sent})});
    REQUIRE(info.block_sizes);
    CHECK(info.block_sizes->maximum_payload == understood);
}

TEST_CASE("a size that no device can have is refused") {
    CHECK(broken({export_item(INT64_MAX)}).empty());
    CHECK(broken({export_item(std::uint64_t{INT64_MAX} + 1)}) ==
          "a size of 9223372036854775808 bytes, above 2^63 - 1");
}

}  // namespace
}  // namespace nbdroot::protocol::nbd
