// Requests and simple replies of the transmission phase: wire structs and their plain values.
// Source: proto.md, "Transmission". Cookies are opaque: the eight bytes go back as they came.
#pragma once

#include <cstdint>
#include <variant>

#include "lib/base/bytes.h"
#include "lib/base/endian.h"
#include "lib/base/result.h"
#include "lib/protocol/nbd/constants.h"

namespace nbdroot::protocol::nbd {

struct RequestWire {
    be32 magic;
    be16 flags;
    be16 command;
    be64 cookie;
    be64 offset;
    be32 length;
};
static_assert(sizeof(RequestWire) == 28);
inline constexpr std::size_t kRequestSize = sizeof(RequestWire);

struct SimpleReplyWire {
    be32 magic;
    be32 error;
    be64 cookie;
};
static_assert(sizeof(SimpleReplyWire) == 16);
inline constexpr std::size_t kSimpleReplySize = sizeof(SimpleReplyWire);

struct Request {
    Command command = Command::read;  // may be a number that the enumeration does not name
    std::uint16_t flags = 0;
    std::uint64_t cookie = 0;
    std::uint64_t offset_bytes = 0;
    std::uint32_t length_bytes = 0;

    bool operator==(const Request&) const = default;
};

struct SimpleReply {
    ErrorNumber error = ErrorNumber::none;
    std::uint64_t cookie = 0;

    bool operator==(const SimpleReply&) const = default;
};

// Exactly kRequestSize / kSimpleReplySize bytes. An error number that proto.md does not define is
// read as invalid, as it recommends. An Error is a wrong magic: the stream is lost and
// the connection must be closed (proto.md, "Request message").
[[nodiscard]] Result<Request> parse_request(std::span<const std::byte, kRequestSize> bytes);
[[nodiscard]] Result<SimpleReply> parse_simple_reply(
    std::span<const std::byte, kSimpleReplySize> bytes);

[[nodiscard]] RequestWire encode(const Request& request);
[[nodiscard]] SimpleReplyWire encode(const SimpleReply& reply);

// Bytes that follow a request on the wire: the length of a WRITE, else 0.
[[nodiscard]] std::uint32_t payload_length(const Request& request);

// What the handshake agreed on beyond the baseline.
struct Features {
    bool structured_replies = false;
    bool block_status = false;  // of the context base:allocation; only with structured replies

    bool operator==(const Features&) const = default;
};

// What proto.md prescribes for a request before any work is done: none, or the error to reply.
// Length and offset are checked here, once, against size, flags and block sizes of the export.
// Without block sizes the minimum is 1 and a payload may have kMaximumPayload bytes. DISC is none:
// it never gets a reply. A length of 0 is none too: nothing is to be done; but for BLOCK_STATUS,
// whose reply has no room for nothing. FAST_ZERO, where advertised, is left to whoever knows the
// storage.
struct ExportInfo;
[[nodiscard]] ErrorNumber check_request(const Request& request, const ExportInfo& info,
                                        const Features& features = {});

}  // namespace nbdroot::protocol::nbd
