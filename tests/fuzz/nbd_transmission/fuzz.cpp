// Requests and replies: what is parsed is written back as it came, and a request that is let
// through lies inside its export.
//
// Input: 28 bytes of a request, then size, flags and block sizes of an export.
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "lib/base/assert.h"
#include "lib/protocol/nbd/export_info.h"
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

void check_let_through(const Request& request, const ExportInfo& info) {
    if (request.command == Command::disconnect) return;
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
    const ErrorNumber error = check_request(*request, info);
    if (error == ErrorNumber::none) check_let_through(*request, info);
}

void try_reply(ByteView input) {
    if (input.size() < kSimpleReplySize) return;
    const auto reply = parse_simple_reply(input.first<kSimpleReplySize>());
    if (!reply) return;
    const SimpleReplyWire wire = encode(*reply);
    NBDROOT_ASSERT(wire.cookie == reply->cookie);
}

}  // namespace
}  // namespace nbdroot::protocol::nbd

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = std::as_bytes(std::span(data, size));
    nbdroot::protocol::nbd::try_request(input);
    nbdroot::protocol::nbd::try_reply(input);
    return 0;
}
