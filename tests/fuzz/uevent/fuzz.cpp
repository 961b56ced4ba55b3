// What may arrive on the socket of the kernel's device events.
#include <cstddef>
#include <cstdint>

#include "lib/base/assert.h"
#include "lib/protocol/netlink/uevent.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace nbdroot::protocol::netlink;
    const auto event = parse_uevent(std::as_bytes(std::span(data, size)));
    if (!event) return 0;
    NBDROOT_ASSERT(!event->action.empty() && !event->device_path.empty());
    NBDROOT_ASSERT(event->device_name.size() < size);
    return 0;
}
