// The file of displaced boots: what is believed reads the same once written again.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/base/assert.h"
#include "server/export/boot_tokens.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using nbdroot::server::export_::parse_boot_tokens;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto tokens = parse_boot_tokens(text);
    if (tokens) NBDROOT_ASSERT(parse_boot_tokens(tokens->to_text()) == tokens);
    return 0;
}
