// The data of LIST_META_CONTEXT and SET_META_CONTEXT: what is parsed fits its bytes, and no prefix
// or extension of a query is one.
#include <cstddef>
#include <cstdint>

#include "lib/base/assert.h"
#include "lib/protocol/nbd/export_query.h"
#include "lib/protocol/nbd/meta_context.h"

namespace nbdroot::protocol::nbd {
namespace {

void try_query(ByteView input) {
    const auto query = parse_context_query(input);
    if (!query) return;
    NBDROOT_ASSERT(is_valid_string(query->export_name));
    NBDROOT_ASSERT(input.size() >= 8 + query->export_name.size() + std::size_t{query->queries} * 4);
    NBDROOT_ASSERT(!query->selects_allocation() || query->lists_allocation());
    NBDROOT_ASSERT(query->queries > 0 || query->lists_allocation());
    NBDROOT_ASSERT(!parse_context_query(input.first(input.size() - 1)));
    Bytes longer(input.begin(), input.end());
    longer.push_back(std::byte{0});
    NBDROOT_ASSERT(!parse_context_query(longer));
}

}  // namespace
}  // namespace nbdroot::protocol::nbd

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    nbdroot::protocol::nbd::try_query(std::as_bytes(std::span(data, size)));
    return 0;
}
