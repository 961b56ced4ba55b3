// The configuration file's parser: any text gives a configuration or complaints, never both empty.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/base/assert.h"
#include "server/config/ini_config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto parsed = nbdroot::server::config::parse_ini_config(text, "f");
    for (const auto& complaint : parsed.complaints) NBDROOT_ASSERT(complaint.starts_with("f:"));
    if (!parsed.complaints.empty()) return 0;
    NBDROOT_ASSERT(!parsed.config.listen.empty() && !parsed.config.exports.empty());
    for (const auto& target : parsed.config.exports) NBDROOT_ASSERT(!target.path.empty());
    return 0;
}
