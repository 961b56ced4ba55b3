// The swap table over any text: what is found is of the text.
#include <cstddef>
#include <cstdint>

#include "agent/exit/swap_table.h"
#include "lib/base/assert.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace nbdroot;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const agent::exit::Disk disk{.name = "nbd0", .numbers = {"43:0"}};
    const std::vector<agent::exit::Mount> table{
        {.device = "43:0", .point = "/", .type = "ext4", .source = "/dev/nbd0"}};
    std::size_t bytes = 0;
    for (const auto& path : swaps_on(text, disk, table)) {
        NBDROOT_ASSERT(path.starts_with('/'));
        bytes += path.size();
    }
    NBDROOT_ASSERT(bytes <= size);
    return 0;
}
