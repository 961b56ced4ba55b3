// Any fstab: the line for / goes, swap of the device too, and editing what was edited changes
// nothing more.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "agent/root/fstab.h"
#include "lib/base/assert.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace nbdroot::agent::root;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const Volumes volumes = {{.node = "/dev/nbd0"},
                             {.node = "/dev/nbd0p2", .swap = {.uuid = "1", .label = "s"}}};
    const auto edited = fstab_of_overlay(text, volumes);
    if (!edited) return 0;
    NBDROOT_ASSERT(edited->find("overlay / overlay rw 0 0\n") != std::string::npos ||
                   edited->find("# not under an overlay: ") != std::string::npos);
    NBDROOT_ASSERT(fstab_of_overlay(*edited, volumes).value_or(*edited) == *edited);
    return 0;
}
