#include "server/storage/overlay/map_file.h"

#include "server/storage/overlay/snapshot.h"
#include "tests/unit/server/storage/overlay/map_records.h"

using nbdroot::Bytes;
using nbdroot::server::storage::overlay::BlockRange;
using nbdroot::server::storage::overlay::BlockState;
using nbdroot::server::storage::overlay::decode_map_file;
using nbdroot::server::storage::overlay::encode_map_file;
using nbdroot::server::storage::overlay::encode_snapshot;
using nbdroot::server::storage::overlay::LogRecord;
using nbdroot::server::storage::overlay::MapFile;
using nbdroot::server::storage::overlay::MapHeader;
using nbdroot::server::storage::overlay::OverlayMap;
using nbdroot::server::storage::overlay::Survived;

namespace {

using Kind = LogRecord::Kind;

constexpr std::uint64_t kBlocks = 100;
constexpr std::uint64_t kFirstSequence = 40;

LogRecord data(std::uint64_t block) { return {.kind = Kind::data, .blocks = {block, 1}}; }
LogRecord zero(std::uint64_t block) { return {.kind = Kind::zero, .blocks = {block, 1}}; }
LogRecord barrier(std::uint64_t covers) {
    return {.kind = Kind::barrier, .covers = kFirstSequence + covers};
}

// Block 0 is data in the snapshot.
Bytes file_of(const std::vector<LogRecord>& records) {
    OverlayMap map(kBlocks);
    map.set({0, 1}, BlockState::data);
    MapHeader header;
    header.identity.base_id = "base";
    header.identity.image_bytes = kBlocks * 4096 - 1000;
    header.first_sequence = kFirstSequence;
    return nbdroot::test::with_records(encode_map_file(header, encode_snapshot(map)), records);
}

std::string states(const Bytes& bytes, Survived survived) {
    const auto file = decode_map_file(bytes, survived);
    if (!file) return file.error().message();
    std::string text;
    for (std::uint64_t block = 0; block < 6; ++block) {
        text += "bdz"[static_cast<int>(file->map.state_of(block))];
    }
    return text;
}

}  // namespace

TEST_CASE("after SIGKILL every record counts, after a crash those below the last barrier") {
    const Bytes bytes =
        file_of({data(1), barrier(1), data(2), zero(0), data(3), barrier(4), zero(4)});
    CHECK(states(bytes, Survived::all_writes) == "zdddzb");
    CHECK(states(bytes, Survived::synced_writes) == "zddbbb");
    CHECK(states(file_of({data(1), zero(0)}), Survived::synced_writes) == "dbbbbb");
}

TEST_CASE("what does not count is named, so that its space can be freed") {
    const auto file = decode_map_file(file_of({data(1), barrier(1), data(2), barrier(1), zero(3)}),
                                      Survived::synced_writes);
    REQUIRE(file);
    CHECK(file->dropped == std::vector{data(2), zero(3)});
    CHECK(file->durable_sequence == kFirstSequence + 1);
    CHECK(file->changed_sequence == kFirstSequence + 5);
    CHECK(file->end.sequence == kFirstSequence + 5);
}

TEST_CASE("an overlay is closed if that is the last thing its log says") {
    const LogRecord closed{.kind = Kind::closed};
    const auto file = decode_map_file(file_of({data(1), closed}), Survived::all_writes);
    REQUIRE(file);
    CHECK(file->is_closed);
    CHECK(file->end.sequence == kFirstSequence + 1);
    Bytes bytes = file_of({data(1), closed, data(2)});
    CHECK(states(bytes, Survived::all_writes) == "ddbbbb");
    // The next record takes its place.
    bytes.resize(file->end.offset_bytes);
    const auto next =
        decode_map_file(nbdroot::test::with_records(bytes, {data(2)}), Survived::all_writes);
    REQUIRE(next);
    CHECK_FALSE(next->is_closed);
    CHECK(next->map.state_of(2) == BlockState::data);
}

TEST_CASE("a log that is cut off anywhere ends with its last whole record") {
    const Bytes whole = file_of({data(1), data(2), data(3)});
    for (std::size_t missing = 1; missing <= 16; ++missing) {
        const Bytes bytes(whole.begin(), whole.end() - static_cast<std::ptrdiff_t>(missing));
        CHECK(states(bytes, Survived::all_writes) == "dddbbb");
    }
}

TEST_CASE("a barrier behind a torn record does not count") {
    Bytes bytes = file_of({data(1), barrier(1), data(2), barrier(3)});
    bytes[bytes.size() - 20] ^= std::byte{1};  // in data(2)
    CHECK(states(bytes, Survived::synced_writes) == "ddbbbb");
}

TEST_CASE("what lay behind the log before is no part of it") {
    // The tail of another incarnation of the file, at a place where it fits.
    const Bytes old = file_of({data(1), data(2), data(3)});
    Bytes bytes = file_of({data(5)});
    bytes.insert(bytes.end(), old.begin() + static_cast<std::ptrdiff_t>(bytes.size()), old.end());
    CHECK(states(bytes, Survived::all_writes) == "dbbbbd");
}

TEST_CASE("a log that says what cannot be is refused") {
    CHECK(states(file_of({data(99)}), Survived::all_writes) == "dbbbbb");
    CHECK(states(file_of({data(1), data(100)}), Survived::all_writes) ==
          "read: record 41 of the log is about blocks 100 and on, which the image does not have");
    CHECK(states(file_of({data(1), barrier(2)}), Survived::all_writes) ==
          "read: record 41 of the log covers records behind it");
}

TEST_CASE("a snapshot that is cut off or changed is refused") {
    Bytes bytes = file_of({});
    Bytes cut(bytes.begin(), bytes.begin() + 101);
    CHECK(states(cut, Survived::all_writes) == "read: ends within its snapshot of 2 B");
    const std::size_t snapshot = 92 + 4 + 4;
    bytes[snapshot] = std::byte{1};
    CHECK(states(bytes, Survived::all_writes) == "read: the snapshot's checksum is wrong");
}
