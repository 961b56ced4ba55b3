#include "lib/protocol/nbd/transmission.h"

#include "lib/base/assert.h"
#include "lib/base/text.h"

namespace nbdroot::protocol::nbd {
namespace {

Failure wrong_magic(std::string_view object, std::uint32_t magic, std::string_view expected) {
    return fail("parse", object,
                cat("magic ", magic, " instead of ", expected, ": the stream is lost"));
}

// "The client SHOULD treat an unexpected error value as if it had been NBD_EINVAL" (proto.md,
// "Error values").
ErrorNumber known_error(std::uint32_t number) {
    const auto error = static_cast<ErrorNumber>(number);
    switch (error) {
        case ErrorNumber::none:
        case ErrorNumber::permission:
        case ErrorNumber::io:
        case ErrorNumber::no_memory:
        case ErrorNumber::invalid:
        case ErrorNumber::no_space:
        case ErrorNumber::overflow:
        case ErrorNumber::not_supported:
        case ErrorNumber::shutdown:
            return error;
    }
    return ErrorNumber::invalid;
}

}  // namespace

Result<Request> parse_request(std::span<const std::byte, kRequestSize> bytes) {
    const auto wire = ByteReader(bytes).value<RequestWire>();
    NBDROOT_ASSERT(wire);
    if (wire->magic != kRequestMagic) return wrong_magic("request", wire->magic, "a request's");
    return Request{.command = static_cast<Command>(std::uint16_t{wire->command}),
                   .flags = wire->flags,
                   .cookie = wire->cookie,
                   .offset_bytes = wire->offset,
                   .length_bytes = wire->length};
}

Result<SimpleReply> parse_simple_reply(std::span<const std::byte, kSimpleReplySize> bytes) {
    const auto wire = ByteReader(bytes).value<SimpleReplyWire>();
    NBDROOT_ASSERT(wire);
    if (wire->magic == kStructuredReplyMagic) {
        return fail("parse", "reply", "a structured reply although none were negotiated");
    }
    if (wire->magic != kSimpleReplyMagic) {
        return wrong_magic("reply", wire->magic, "a simple reply's");
    }
    return SimpleReply{.error = known_error(wire->error), .cookie = wire->cookie};
}

RequestWire encode(const Request& request) {
    return {.magic = kRequestMagic,
            .flags = request.flags,
            .command = static_cast<std::uint16_t>(request.command),
            .cookie = request.cookie,
            .offset = request.offset_bytes,
            .length = request.length_bytes};
}

SimpleReplyWire encode(const SimpleReply& reply) {
    return {.magic = kSimpleReplyMagic,
            .error = static_cast<std::uint32_t>(reply.error),
            .cookie = reply.cookie};
}

std::uint32_t payload_length(const Request& request) {
    return request.command == Command::write ? request.length_bytes : 0;
}

}  // namespace nbdroot::protocol::nbd
