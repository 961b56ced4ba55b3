// Requests and replies: what is parsed is written back as it came, and a request that is let
// through lies inside its export.
//
// Input: 28 bytes of a request, then size, flags and block sizes of an export, then what the
// handshake agreed on.
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "lib/base/assert.h"
#include "lib/protocol/nbd/export_info.h"
#include "lib/protocol/nbd/structured_reply.h"
#include "lib/protocol/nbd/transmission.h"

namespace nbdroot::protocol::nbd {
namespace {

ExportInfo read_export(ByteReader& reader) {
    ExportInfo info;
    info.size_bytes = reader.be_u64().value_or(0);
    info.transmission_flags = reader.be_u16().value_or(0);
    if (const auto shift = reader.u8()) {
        info.block_sizes = BlockSizes{.minimum = std::uint32_t{1} << (*shift % 17),
                                      .preferred = 65536,
                                      .maximum_payload = reader.be_u32().value_or(65536)};
    }
    return info;
}

Features read_features(ByteReader& reader) {
    const unsigned bits = reader.u8().value_or(0);
    return {.structured_replies = (bits & 1) != 0, .block_status = (bits & 3) == 3};
}

void check_features(const Request& request, const Features& features) {
    const bool status = request.command == Command::block_status;
    NBDROOT_ASSERT(!status || (features.block_status && request.length_bytes > 0));
    const bool unfragmented = (request.flags & kCommandDf) != 0;
    NBDROOT_ASSERT(!unfragmented ||
                   (features.structured_replies && request.command == Command::read));
    NBDROOT_ASSERT((request.flags & kCommandReqOne) == 0 || status);
}

void check_let_through(const Request& request, const ExportInfo& info) {
    NBDROOT_ASSERT(request.length_bytes <= info.size_bytes);
    NBDROOT_ASSERT(request.offset_bytes <= info.size_bytes - request.length_bytes);
    const bool writes = request.command == Command::write || request.command == Command::trim ||
                        request.command == Command::write_zeroes;
    NBDROOT_ASSERT(!writes || (info.transmission_flags & kTransmitReadOnly) == 0);
    const std::uint32_t maximum =
        info.block_sizes ? info.block_sizes->maximum_payload : kMaximumPayload;
    NBDROOT_ASSERT(payload_length(request) <= maximum);
}

void try_request(ByteView input) {
    ByteReader reader(input);
    const auto bytes = reader.bytes(kRequestSize);
    if (!bytes) return;
    const auto request = parse_request(bytes->first<kRequestSize>());
    if (!request) return;
    const RequestWire wire = encode(*request);
    NBDROOT_ASSERT(std::memcmp(&wire, bytes->data(), sizeof wire) == 0);
    const ExportInfo info = read_export(reader);
    const Features features = read_features(reader);
    if (check_request(*request, info, features) != ErrorNumber::none) return;
    if (request->command == Command::disconnect) return;
    check_let_through(*request, info);
    check_features(*request, features);
}

void try_reply(ByteView input) {
    if (input.size() < kSimpleReplySize) return;
    const auto reply = parse_simple_reply(input.first<kSimpleReplySize>());
    if (!reply) return;
    const SimpleReplyWire wire = encode(*reply);
    NBDROOT_ASSERT(wire.cookie == reply->cookie);
}

void try_chunk(ByteView input) {
    if (input.size() < kChunkHeaderSize) return;
    const auto header = parse_chunk_header(input.first<kChunkHeaderSize>());
    if (!header) return;
    const ChunkHeaderWire wire{.magic = kStructuredReplyMagic,
                               .flags = header->flags,
                               .type = static_cast<std::uint16_t>(header->type),
                               .cookie = header->cookie,
                               .length = header->length_bytes};
    NBDROOT_ASSERT(std::memcmp(&wire, input.data(), sizeof wire) == 0);
}

}  // namespace
}  // namespace nbdroot::protocol::nbd

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = std::as_bytes(std::span(data, size));
    nbdroot::protocol::nbd::try_request(input);
    nbdroot::protocol::nbd::try_reply(input);
    nbdroot::protocol::nbd::try_chunk(input);
    return 0;
}
