// A record of a map's log. Pure.
//
// Each one's checksum covers the one before: a log cannot be read on across a gap, and nothing that
// lay at its place before is taken for a part of it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "lib/base/bytes.h"
#include "server/storage/overlay/block.h"
#include "server/storage/overlay/map_header.h"

namespace nbdroot::server::storage::overlay {

// More is written as several.
inline constexpr std::uint64_t kMaximumRecordBlocks = (1U << 24U) - 1;

struct LogRecord {
    enum class Kind : std::uint8_t {
        data = 1,     // BLOCKS lie in the data file
        zero = 2,     // BLOCKS are zeroes
        barrier = 3,  // every record with a sequence below COVERS is on the disk, with its data
        broken = 4,   // a sync has failed; what a later one says about data before it is worthless
        closed = 5    // the log's end: all is on the disk, and nobody writes
    };
    Kind kind = Kind::data;
    BlockRange blocks{};
    std::uint64_t covers = 0;

    [[nodiscard]] bool changes_blocks() const { return kind == Kind::data || kind == Kind::zero; }
    [[nodiscard]] BlockState state() const {
        return kind == Kind::zero ? BlockState::zero : BlockState::data;
    }
    bool operator==(const LogRecord&) const = default;
};

struct EncodedRecord {
    std::array<std::byte, kRecordBytes> bytes{};
    std::uint32_t crc = 0;  // the next one's BEFORE
};

// BEFORE: the crc of the record before it, of the header for the first one.
[[nodiscard]] EncodedRecord encode_record(const LogRecord& record, std::uint32_t before);

struct DecodedRecord {
    LogRecord record;
    std::uint32_t crc = 0;
};

// Nothing: these bytes are no record that follows BEFORE.
[[nodiscard]] std::optional<DecodedRecord> decode_record(ByteView bytes, std::uint32_t before);

}  // namespace nbdroot::server::storage::overlay
