#include "server/storage/overlay/snapshot.h"

#include "tests/support/catch.h"
#include "tests/support/hex.h"

using nbdroot::Bytes;
using nbdroot::server::storage::overlay::BlockState;
using nbdroot::server::storage::overlay::decode_snapshot;
using nbdroot::server::storage::overlay::encode_snapshot;
using nbdroot::server::storage::overlay::OverlayMap;

namespace {

Bytes bytes_of(std::initializer_list<int> values) {
    Bytes bytes;
    for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
    return bytes;
}

std::string refusal(std::initializer_list<int> values, std::uint64_t blocks) {
    const auto map = decode_snapshot(bytes_of(values), blocks);
    return map ? "accepted" : map.error().reason;
}

}  // namespace

TEST_CASE("the golden bytes of a snapshot") {
    OverlayMap map(1000);
    map.set({3, 1}, BlockState::data);
    map.set({4, 2}, BlockState::zero);
    map.set({306, 200}, BlockState::data);
    // gap 3, one of data; gap 0, two of zero; gap 300, 200 of data
    CHECK(encode_snapshot(map) == bytes_of({3, 2, 0, 5, 0xac, 0x02, 0x90, 0x03}));
}

TEST_CASE("a snapshot reads back as the map that it was") {
    OverlayMap map(std::uint64_t{1} << 40);
    map.set({0, 5}, BlockState::zero);
    map.set({(std::uint64_t{1} << 32) - 3, 9}, BlockState::data);
    map.set({map.blocks() - 1, 1}, BlockState::zero);
    const auto copy = decode_snapshot(encode_snapshot(map), map.blocks());
    REQUIRE(copy);
    CHECK(copy->runs_of({0, map.blocks()}) == map.runs_of({0, map.blocks()}));
    CHECK(encode_snapshot(OverlayMap(7)).empty());
}

TEST_CASE("a snapshot that makes no sense is refused, with the place") {
    CHECK(refusal({9, 2}, 10) == "accepted");
    CHECK(refusal({10, 2}, 10) == "no run of blocks at byte 0");       // begins behind the end
    CHECK(refusal({3, 2, 5, 4}, 10) == "no run of blocks at byte 2");  // ends behind the end
    CHECK(refusal({3, 0}, 10) == "no run of blocks at byte 0");        // no blocks
    CHECK(refusal({3}, 10) == "no run of blocks at byte 0");           // cut off
    CHECK(refusal({0x83}, 10) == "no run of blocks at byte 0");
    CHECK(refusal({0x83, 0x00, 2}, 10) == "no run of blocks at byte 0");  // longer than need be
    CHECK(refusal({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 2}, UINT64_MAX) ==
          "no run of blocks at byte 0");  // above 64 bits
    CHECK(refusal({1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}, 10) ==
          "no run of blocks at byte 0");
}
