// What the kernel may send on a netlink socket of links, addresses and routes.
#include <cstddef>
#include <cstdint>

#include "lib/protocol/netlink/route.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace nbdroot::protocol::netlink;
    const auto messages = parse_messages(std::as_bytes(std::span(data, size)));
    if (!messages) return 0;
    for (const Message& message : *messages) {
        (void)parse_acknowledgement(message);
        (void)parse_link(message);
        (void)parse_address(message);
        (void)parse_route(message);
        (void)parse_attributes(message.payload);
    }
    return 0;
}
