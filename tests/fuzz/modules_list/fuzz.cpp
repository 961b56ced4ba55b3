// The modules list over any text: entries have a path without blanks, parameters without a newline.
#include <cstddef>
#include <cstdint>

#include "agent/root/modules_list.h"
#include "lib/base/assert.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace nbdroot::agent::root;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    for (const ModuleEntry& entry : parse_modules_list(text)) {
        NBDROOT_ASSERT(!entry.path.empty() && entry.path[0] != '#');
        NBDROOT_ASSERT(entry.path.find_first_of(" \t\n") == std::string::npos);
        NBDROOT_ASSERT(entry.parameters.find('\n') == std::string::npos);
        NBDROOT_ASSERT(entry.parameters.empty() || entry.parameters.front() != ' ');
    }
    return 0;
}
