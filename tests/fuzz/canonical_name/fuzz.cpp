// Names that clients ask for: what is taken for a canonical name is written as it was read.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/base/assert.h"
#include "lib/protocol/nbd/canonical_name.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto name = nbdroot::protocol::nbd::parse_canonical_name(text);
    if (name) NBDROOT_ASSERT(to_text(*name) == text);
    return 0;
}
