// /proc/meminfo over any text: a sum that is found has its names in the text.
#include <cstddef>
#include <cstdint>

#include "agent/exit/write_back.h"
#include "lib/base/assert.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace nbdroot;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (!agent::exit::kib_to_write(text)) return 0;
    NBDROOT_ASSERT(text.find("Dirty:") != std::string_view::npos);
    NBDROOT_ASSERT(text.find("Writeback:") != std::string_view::npos);
    return 0;
}
