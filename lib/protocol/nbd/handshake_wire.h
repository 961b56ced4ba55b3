// Structs and bounds of the handshake that both sides share.
// Source: proto.md, "Newstyle negotiation", "Fixed newstyle negotiation", "Option types".
#pragma once

#include <cstddef>
#include <cstdint>

#include "lib/base/endian.h"
#include "lib/protocol/nbd/constants.h"

namespace nbdroot::protocol::nbd {

// What a server says first, in two parts: an oldstyle server differs in the second magic already.
struct GreetingMagicWire {
    be64 initial_magic;
    be64 style_magic;
};
static_assert(sizeof(GreetingMagicWire) == 16);

struct OptionHeaderWire {
    be64 magic;
    be32 option;
    be32 length;
};
static_assert(sizeof(OptionHeaderWire) == 16);

struct OptionReplyWire {
    be64 magic;
    be32 option;
    be32 type;
    be32 length;
};
static_assert(sizeof(OptionReplyWire) == 20);

// The answer to EXPORT_NAME; kExportZeroes zero bytes follow unless both sides said NO_ZEROES.
struct ExportNameReplyWire {
    be64 size;
    be16 transmission_flags;
};
static_assert(sizeof(ExportNameReplyWire) == 10);
inline constexpr std::size_t kExportZeroes = 124;

struct ExportInfoWire {
    be16 type;
    be64 size;
    be16 transmission_flags;
};
static_assert(sizeof(ExportInfoWire) == 12);

struct BlockSizeInfoWire {
    be16 type;
    be32 minimum;
    be32 preferred;
    be32 maximum_payload;
};
static_assert(sizeof(BlockSizeInfoWire) == 14);

// A client lists each information item at most once, and four exist: room for many to come.
inline constexpr std::uint32_t kMaximumInfoRequests = 64;

// The longest data of GO and INFO: name length, name, number of requests, requests.
inline constexpr std::uint32_t kMaximumOptionData =
    4 + kMaximumString + 2 + 2 * kMaximumInfoRequests;

// The longest data of LIST_META_CONTEXT and SET_META_CONTEXT that is read: a name, and room for
// some hundred queries of the usual length.
inline constexpr std::uint32_t kMaximumContextData = 4 + kMaximumString + 4 + 16 * 1024;

// The longest option reply: SERVER carries the length of a name and two strings.
inline constexpr std::uint32_t kMaximumReplyData = 4 + 2 * kMaximumString;

// Answers to one option that do not end it. Four information items exist, more may come.
inline constexpr std::uint32_t kMaximumInfoReplies = 64;

}  // namespace nbdroot::protocol::nbd
