#include "lib/protocol/nbd/structured_reply.h"

#include "lib/base/assert.h"
#include "lib/base/text.h"

namespace nbdroot::protocol::nbd {
namespace {

ChunkHeaderWire header(ChunkType type, std::uint64_t cookie, std::size_t length, Last last) {
    return {.magic = kStructuredReplyMagic,
            .flags = last == Last::yes ? kChunkDone : std::uint16_t{0},
            .type = static_cast<std::uint16_t>(type),
            .cookie = cookie,
            .length = static_cast<std::uint32_t>(length)};
}

}  // namespace

DataChunkWire data_chunk(const Content& content, Last last) {
    return {.header = header(ChunkType::offset_data, content.cookie,
                             sizeof(be64) + content.length_bytes, last),
            .offset = content.offset_bytes};
}

HoleChunkWire hole_chunk(const Content& content, Last last) {
    return {
        .header = header(ChunkType::offset_hole, content.cookie, sizeof(be64) + sizeof(be32), last),
        .offset = content.offset_bytes,
        .size = content.length_bytes};
}

ChunkHeaderWire done_chunk(std::uint64_t cookie) {
    return header(ChunkType::none, cookie, 0, Last::yes);
}

Bytes error_chunk(const ChunkError& error) {
    NBDROOT_ASSERT(error.error != ErrorNumber::none);
    const std::string_view message = error.message.substr(0, kMaximumString);
    const std::size_t place = error.offset_bytes ? sizeof(be64) : 0;
    const auto type = error.offset_bytes ? ChunkType::error_offset : ChunkType::error;
    Bytes out;
    ByteWriter writer(out);
    const std::size_t fixed = sizeof(ErrorChunkWire) - sizeof(ChunkHeaderWire);
    writer.value(ErrorChunkWire{
        .header = header(type, error.cookie, fixed + message.size() + place, Last::yes),
        .error = static_cast<std::uint32_t>(error.error),
        .message_length = static_cast<std::uint16_t>(message.size())});
    writer.text(message);
    if (error.offset_bytes) writer.be_u64(*error.offset_bytes);
    return out;
}

Bytes status_chunk(std::uint64_t cookie, std::uint32_t context_id,
                   std::span<const ExtentDescriptor> descriptors) {
    NBDROOT_ASSERT(!descriptors.empty());
    const std::size_t length = sizeof(be32) + descriptors.size() * 2 * sizeof(be32);
    Bytes out;
    out.reserve(kChunkHeaderSize + length);
    ByteWriter writer(out);
    writer.value(header(ChunkType::block_status, cookie, length, Last::yes));
    writer.be_u32(context_id);
    for (const ExtentDescriptor& descriptor : descriptors) {
        writer.be_u32(descriptor.length_bytes);
        writer.be_u32(descriptor.flags);
    }
    return out;
}

Result<ChunkHeader> parse_chunk_header(std::span<const std::byte, kChunkHeaderSize> bytes) {
    const auto wire = ByteReader(bytes).value<ChunkHeaderWire>();
    NBDROOT_ASSERT(wire);
    if (wire->magic != kStructuredReplyMagic) {
        return fail("parse", "reply",
                    cat("magic ", std::uint32_t{wire->magic},
                        " instead of a structured reply's: the stream is lost"));
    }
    return ChunkHeader{.type = static_cast<ChunkType>(std::uint16_t{wire->type}),
                       .flags = wire->flags,
                       .cookie = wire->cookie,
                       .length_bytes = wire->length};
}

}  // namespace nbdroot::protocol::nbd
