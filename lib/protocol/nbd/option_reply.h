// Option replies as a server writes them.
// Source: proto.md, "Fixed newstyle negotiation" and "Option reply types".
#pragma once

#include <string_view>

#include "lib/base/bytes.h"
#include "lib/protocol/nbd/constants.h"
#include "lib/protocol/nbd/export_info.h"
#include "lib/protocol/nbd/export_query.h"

namespace nbdroot::protocol::nbd {

void append_reply(Bytes& out, Option option, OptionReply type, ByteView data = {});

// TEXT is cut at kMaximumString bytes.
void append_error(Bytes& out, Option option, OptionReply type, std::string_view text);

// The INFO replies to QUERY: what is mandatory, what was asked for and is known, and block sizes
// unasked where they are narrower than a client may assume.
void append_infos(Bytes& out, Option option, const ExportQuery& query, const ExportInfo& info);

// One SERVER reply. A name that is_valid_string() refuses cannot be asked for and is left out.
void append_listed_export(Bytes& out, std::string_view name);

// One META_CONTEXT reply.
void append_context(Bytes& out, Option option, std::uint32_t id, std::string_view name);

}  // namespace nbdroot::protocol::nbd
