// Asks the kernel about links, addresses and routes, and changes them. The kernel answers within
// the call, so nothing here waits for anything but the kernel's own locks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/kernel/conversation.h"
#include "lib/base/result.h"
#include "lib/protocol/netlink/route.h"

namespace nbdroot::agent::network {

class RouteSocket {
public:
    [[nodiscard]] static Result<RouteSocket> open();

    [[nodiscard]] Result<std::vector<protocol::netlink::Link>> links();
    [[nodiscard]] Result<std::vector<protocol::netlink::Address>> addresses();  // IPv4
    [[nodiscard]] Result<std::vector<protocol::netlink::Route>> routes();       // of the main table

    [[nodiscard]] Result<void> set_up(const protocol::netlink::Link& link);
    [[nodiscard]] Result<void> set_mtu(int interface_index, std::uint32_t mtu_bytes);
    // It is no error when they are there already.
    [[nodiscard]] Result<void> add_address(const protocol::netlink::Address& address);
    [[nodiscard]] Result<void> add_route(const protocol::netlink::Route& route);

private:
    explicit RouteSocket(kernel::Conversation conversation)
        : conversation_(std::move(conversation)) {}

    [[nodiscard]] Result<void> change(const Bytes& request, const char* operation,
                                      std::string_view object);
    template <class T, class Parse>
    [[nodiscard]] Result<std::vector<T>> dump(protocol::netlink::RouteType type, Parse parse);

    kernel::Conversation conversation_;
};

}  // namespace nbdroot::agent::network
