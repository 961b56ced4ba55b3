// Any interfaces(5): what is edited has no stanza of the interface left that is not manual, and
// editing it again changes nothing; what lies in it is found without end.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "agent/handover/interfaces_file.h"
#include "lib/base/assert.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace nbdroot::agent::handover;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const OwnNames names = {"eth0", "enp0s2"};
    (void)logical_names(text, names);
    for (const Inclusion& one : inclusions_of(text)) (void)matches_pattern(one.path, "eth0");
    const auto edited = with_manual_interfaces(text, names);
    if (!edited) return 0;
    NBDROOT_ASSERT(!with_manual_interfaces(*edited, names).has_value());
    return 0;
}
