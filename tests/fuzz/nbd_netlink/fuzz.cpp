// What the kernel's NBD driver and the generic netlink controller may send.
#include <cstddef>
#include <cstdint>

#include "lib/protocol/netlink/generic.h"
#include "lib/protocol/netlink/nbd.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace nbdroot::protocol::netlink;
    const auto messages = parse_messages(std::as_bytes(std::span(data, size)));
    if (!messages) return 0;
    for (const Message& message : *messages) {
        (void)parse_acknowledgement(message);
        (void)parse_family(message);
        (void)parse_nbd_status(message);
        (void)parse_nbd_link_dead(message);
    }
    return 0;
}
