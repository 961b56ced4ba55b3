// The data of LIST_META_CONTEXT and SET_META_CONTEXT: which of an export's metadata a client asks
// for. This server knows one context, base:allocation.
// Source: proto.md, "Metadata querying" and "Option types".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/bytes.h"
#include "lib/base/result.h"

namespace nbdroot::protocol::nbd {

inline constexpr std::string_view kAllocationContext = "base:allocation";
// What replies to BLOCK_STATUS call it; any number that is not 0, which LIST uses for all.
inline constexpr std::uint32_t kAllocationId = 1;

struct ContextQuery {
    std::string export_name;
    std::uint32_t queries = 0;
    bool names_allocation = false;  // one of them is "base:allocation"
    bool has_wildcard = false;      // one of them is "base:" or empty

    // "If zero queries are sent, then the server MUST return all the metadata contexts" for LIST;
    // wildcards are for LIST only.
    [[nodiscard]] bool lists_allocation() const {
        return queries == 0 || has_wildcard || names_allocation;
    }
    [[nodiscard]] bool selects_allocation() const { return names_allocation; }

    bool operator==(const ContextQuery&) const = default;
};

// Contexts and namespaces that are not known are no error. An Error: lengths that disagree, strings
// that proto.md forbids, a query without a namespace.
[[nodiscard]] Result<ContextQuery> parse_context_query(ByteView data);

}  // namespace nbdroot::protocol::nbd
