#include "lib/protocol/nbd/meta_context.h"

#include "lib/protocol/nbd/export_query.h"

namespace nbdroot::protocol::nbd {
namespace {

constexpr std::string_view kBaseNamespace = "base:";

Failure invalid(std::string_view reason) { return fail("parse", "metadata query", reason); }

Result<std::string_view> read_string(ByteReader& reader) {
    const auto length = reader.be_u32();
    if (!length) return invalid("no room for the length of a string");
    const auto string = reader.text(*length);
    if (!string) return invalid("a string is longer than the option");
    if (!is_valid_string(*string)) return invalid("a string is too long or contains a NUL byte");
    return *string;
}

// An empty query was once the way to ask for everything.
Result<void> note_query(ContextQuery& query, std::string_view text) {
    if (!text.empty() && text.find(':') == std::string_view::npos) {
        return invalid("a query without a namespace, such as base:");
    }
    if (text == kAllocationContext) query.names_allocation = true;
    if (text.empty() || text == kBaseNamespace) query.has_wildcard = true;
    return {};
}

}  // namespace

Result<ContextQuery> parse_context_query(ByteView data) {
    ByteReader reader(data);
    ContextQuery query;
    query.export_name = NBDROOT_TRY(read_string(reader));
    const auto count = reader.be_u32();
    if (!count) return invalid("no room for the number of queries");
    query.queries = *count;
    // Each takes bytes, so that the data bounds their number.
    for (std::uint32_t i = 0; i < *count; ++i) {
        const std::string_view text = NBDROOT_TRY(read_string(reader));
        NBDROOT_CHECK(note_query(query, text));
    }
    if (reader.remaining() != 0) return invalid("bytes behind the last query");
    return query;
}

}  // namespace nbdroot::protocol::nbd
