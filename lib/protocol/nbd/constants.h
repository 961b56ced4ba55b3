// Numbers of the NBD protocol. Source: doc/proto.md of the NetworkBlockDevice/nbd project, section
// "Values"; all are big-endian on the wire.
#pragma once

#include <cstdint>

namespace nbdroot::protocol::nbd {

inline constexpr std::uint64_t kInitialMagic = 0x4e42444d41474943;  // "NBDMAGIC"
inline constexpr std::uint64_t kOptionMagic = 0x49484156454f5054;   // "IHAVEOPT"
inline constexpr std::uint64_t kOldstyleMagic = 0x00420281861253;   // oldstyle: refused
inline constexpr std::uint64_t kOptionReplyMagic = 0x0003e889045565a9;
inline constexpr std::uint32_t kRequestMagic = 0x25609513;
inline constexpr std::uint32_t kSimpleReplyMagic = 0x67446698;
inline constexpr std::uint32_t kStructuredReplyMagic = 0x668e33ef;

inline constexpr std::uint16_t kDefaultPort = 10809;

// Handshake flags (server to client, 16 bits; the client's echo has 32).
inline constexpr std::uint16_t kFlagFixedNewstyle = 1 << 0;
inline constexpr std::uint16_t kFlagNoZeroes = 1 << 1;

// Transmission flags (16 bits, per export).
inline constexpr std::uint16_t kTransmitHasFlags = 1 << 0;
inline constexpr std::uint16_t kTransmitReadOnly = 1 << 1;
inline constexpr std::uint16_t kTransmitSendFlush = 1 << 2;
inline constexpr std::uint16_t kTransmitSendFua = 1 << 3;
inline constexpr std::uint16_t kTransmitRotational = 1 << 4;
inline constexpr std::uint16_t kTransmitSendTrim = 1 << 5;
inline constexpr std::uint16_t kTransmitSendWriteZeroes = 1 << 6;
inline constexpr std::uint16_t kTransmitSendDf = 1 << 7;
inline constexpr std::uint16_t kTransmitCanMultiConn = 1 << 8;
inline constexpr std::uint16_t kTransmitSendCache = 1 << 10;
inline constexpr std::uint16_t kTransmitSendFastZero = 1 << 11;

// Options (client to server, 32 bits).
enum class Option : std::uint32_t {
    export_name = 1,
    abort = 2,
    list = 3,
    starttls = 5,
    info = 6,
    go = 7,
    structured_reply = 8,
    list_meta_context = 9,
    set_meta_context = 10,
    extended_headers = 11,
};

// Option replies (server to client, 32 bits). Bit 31 marks an error.
inline constexpr std::uint32_t kReplyErrorBit = std::uint32_t{1} << 31;
enum class OptionReply : std::uint32_t {
    ack = 1,
    server = 2,
    info = 3,
    meta_context = 4,
    error_unsupported = kReplyErrorBit | 1,
    error_policy = kReplyErrorBit | 2,
    error_invalid = kReplyErrorBit | 3,
    error_platform = kReplyErrorBit | 4,
    error_tls_required = kReplyErrorBit | 5,
    error_unknown = kReplyErrorBit | 6,
    error_shutdown = kReplyErrorBit | 7,
    error_block_size_required = kReplyErrorBit | 8,
    error_too_big = kReplyErrorBit | 9,
};

// Information items of INFO and GO (16 bits).
enum class Info : std::uint16_t { export_ = 0, name = 1, description = 2, block_size = 3 };

// Requests (16 bits) and their flags (16 bits).
enum class Command : std::uint16_t {
    read = 0,
    write = 1,
    disconnect = 2,
    flush = 3,
    trim = 4,
    cache = 5,
    write_zeroes = 6,
    block_status = 7,
    resize = 8,
};
inline constexpr std::uint16_t kCommandFua = 1 << 0;
inline constexpr std::uint16_t kCommandNoHole = 1 << 1;
inline constexpr std::uint16_t kCommandDf = 1 << 2;
inline constexpr std::uint16_t kCommandReqOne = 1 << 3;
inline constexpr std::uint16_t kCommandFastZero = 1 << 4;

// Chunks of structured replies (16 bits) and their flags (16 bits). Bit 15 marks an error.
enum class ChunkType : std::uint16_t {
    none = 0,
    offset_data = 1,
    offset_hole = 2,
    block_status = 5,
    error = 1 << 15 | 1,
    error_offset = 1 << 15 | 2,
};
inline constexpr std::uint16_t kChunkDone = 1 << 0;

// Status flags of the context base:allocation (32 bits).
inline constexpr std::uint32_t kStateHole = 1 << 0;
inline constexpr std::uint32_t kStateZero = 1 << 1;

// Error numbers of replies (32 bits): the protocol's own, equal to Linux's errno on most machines.
enum class ErrorNumber : std::uint32_t {
    none = 0,
    permission = 1,      // EPERM
    io = 5,              // EIO
    no_memory = 12,      // ENOMEM
    invalid = 22,        // EINVAL
    no_space = 28,       // ENOSPC
    overflow = 75,       // EOVERFLOW
    not_supported = 95,  // ENOTSUP
    shutdown = 108,      // ESHUTDOWN
};

// "The maximum length of a string is 4096 bytes" (proto.md, "Strings").
inline constexpr std::uint32_t kMaximumString = 4096;

// "limit NBD_CMD_READ and NBD_CMD_WRITE to a payload of 2^25" (proto.md, "Block size constraints").
inline constexpr std::uint32_t kMaximumPayload = std::uint32_t{1} << 25;

}  // namespace nbdroot::protocol::nbd
