// The beginning of a map file: whose overlay it is, on which image. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "lib/base/bytes.h"
#include "lib/base/result.h"

namespace nbdroot::server::storage::overlay {

// Random, and another one each time the kernel starts.
using BootId = std::array<std::byte, 16>;

// What an overlay belongs to. It means nothing on another image.
struct OverlayIdentity {
    std::string base_id{};  // the image's
    std::uint64_t image_bytes = 0;
    std::string export_name{};  // these two for people only
    std::string machine{};
    std::uint64_t created_seconds = 0;  // since 1970

    bool operator==(const OverlayIdentity&) const = default;
};

struct MapHeader {
    OverlayIdentity identity{};
    BootId boot{};                     // during which this file was begun, and all of it written
    std::uint64_t first_sequence = 0;  // of the log's first record
    std::uint64_t snapshot_bytes = 0;
    std::uint32_t snapshot_crc = 0;

    bool operator==(const MapHeader&) const = default;
};

inline constexpr std::size_t kMaximumTextBytes = 4096;  // of a name in the protocol
inline constexpr std::size_t kRecordBytes = 16;

struct DecodedHeader {
    MapHeader header;
    std::size_t header_bytes = 0;
    std::uint32_t crc = 0;  // the log's chain begins with it

    // Where the log begins.
    [[nodiscard]] std::uint64_t log_offset() const;
};

// Texts are cut at their maximum.
[[nodiscard]] Bytes encode_header(const MapHeader& header);

// BYTES may be longer. An Error has no object.
[[nodiscard]] Result<DecodedHeader> decode_header(ByteView bytes);

}  // namespace nbdroot::server::storage::overlay
