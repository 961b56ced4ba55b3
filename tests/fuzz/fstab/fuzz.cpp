// Any fstab: the line for / goes, and editing what was edited changes nothing more.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "agent/root/fstab.h"
#include "lib/base/assert.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using nbdroot::agent::root::fstab_of_overlay;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto edited = fstab_of_overlay(text);
    if (!edited) return 0;
    NBDROOT_ASSERT(edited->find("overlay / overlay rw 0 0\n") != std::string::npos);
    NBDROOT_ASSERT(edited->size() <= size + 32);
    NBDROOT_ASSERT(fstab_of_overlay(*edited) == edited);
    return 0;
}
