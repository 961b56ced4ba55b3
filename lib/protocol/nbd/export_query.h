// The data of GO and INFO: which export, and what the client wants to be told about it.
// Source: proto.md, "NBD_OPT_INFO (6) and NBD_OPT_GO (7)".
#pragma once

#include <string>
#include <string_view>

#include "lib/base/bytes.h"
#include "lib/base/result.h"
#include "lib/protocol/nbd/constants.h"

namespace nbdroot::protocol::nbd {

struct ExportQuery {
    std::string name;
    bool wants_name = false;
    bool wants_description = false;
    bool wants_block_sizes = false;

    bool operator==(const ExportQuery&) const = default;
};

// Unknown information requests are ignored, as they must be. An Error: lengths that disagree, or a
// name that proto.md forbids.
[[nodiscard]] Result<ExportQuery> parse_export_query(ByteView data);

[[nodiscard]] Bytes encode(const ExportQuery& query);

// What proto.md demands of strings, but for UTF-8, which nobody needs to understand here: no NUL,
// at most kMaximumString bytes.
[[nodiscard]] bool is_valid_string(std::string_view text);

}  // namespace nbdroot::protocol::nbd
