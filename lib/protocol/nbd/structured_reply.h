// Structured replies: one request is answered by one or more chunks, and each says what it is.
// Source: proto.md, "Structured reply chunk message" and "Structured reply types".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "lib/base/bytes.h"
#include "lib/base/endian.h"
#include "lib/base/result.h"
#include "lib/protocol/nbd/constants.h"
#include "lib/protocol/nbd/extent_list.h"

namespace nbdroot::protocol::nbd {

struct ChunkHeaderWire {
    be32 magic;
    be16 flags;
    be16 type;
    be64 cookie;
    be32 length;  // of what follows
};
static_assert(sizeof(ChunkHeaderWire) == 20);
inline constexpr std::size_t kChunkHeaderSize = sizeof(ChunkHeaderWire);

// The data follows.
struct DataChunkWire {
    ChunkHeaderWire header;
    be64 offset;
};
static_assert(sizeof(DataChunkWire) == 28);
inline constexpr std::size_t kDataChunkSize = sizeof(DataChunkWire);

struct HoleChunkWire {
    ChunkHeaderWire header;
    be64 offset;
    be32 size;
};
static_assert(sizeof(HoleChunkWire) == 32);

struct ErrorChunkWire {
    ChunkHeaderWire header;
    be32 error;
    be16 message_length;
};
static_assert(sizeof(ErrorChunkWire) == 26);

// Whether the request is answered with this chunk.
enum class Last { no, yes };

// Where content lies in the export; the length is that of a chunk, never 0.
struct Content {
    std::uint64_t cookie = 0;
    std::uint64_t offset_bytes = 0;
    std::uint32_t length_bytes = 0;
};
[[nodiscard]] DataChunkWire data_chunk(const Content& content, Last last);
[[nodiscard]] HoleChunkWire hole_chunk(const Content& content, Last last);

// Success without content.
[[nodiscard]] ChunkHeaderWire done_chunk(std::uint64_t cookie);

struct ChunkError {
    std::uint64_t cookie = 0;
    ErrorNumber error = ErrorNumber::io;
    std::string_view message = {};  // cut at kMaximumString bytes
    // What could not be done begins here; not given: nothing is known of any part.
    std::optional<std::uint64_t> offset_bytes = std::nullopt;
};
// The last chunk of its reply.
[[nodiscard]] Bytes error_chunk(const ChunkError& error);

// All there is to say, of one context; at least one descriptor.
[[nodiscard]] Bytes status_chunk(std::uint64_t cookie, std::uint32_t context_id,
                                 std::span<const ExtentDescriptor> descriptors);

// A client's side.
struct ChunkHeader {
    ChunkType type = ChunkType::none;  // may be a number that the enumeration does not name
    std::uint16_t flags = 0;
    std::uint64_t cookie = 0;
    std::uint32_t length_bytes = 0;

    bool operator==(const ChunkHeader&) const = default;
};
// An Error is a wrong magic: the stream is lost.
[[nodiscard]] Result<ChunkHeader> parse_chunk_header(
    std::span<const std::byte, kChunkHeaderSize> bytes);

}  // namespace nbdroot::protocol::nbd
