// Asks the kernel about links, addresses and routes, and changes them. The kernel answers within
// the call, so nothing here waits for anything but the kernel's own locks.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/kernel/conversation.h"
#include "lib/base/result.h"
#include "lib/protocol/netlink/route.h"

namespace nbdroot::agent::network {

// "10.0.0.0/8 via 10.0.0.1", "10.0.0.0/8 on the link"
[[nodiscard]] std::string route_text(const protocol::netlink::Route& route);

class RouteSocket {
public:
    [[nodiscard]] static Result<RouteSocket> open();

    // Those that WANTED says yes to, without one all.
    template <class T>
    using Wanted = std::function<bool(const T&)>;
    [[nodiscard]] Result<std::vector<protocol::netlink::Link>> links(
        const Wanted<protocol::netlink::Link>& wanted = nullptr);
    [[nodiscard]] Result<std::vector<protocol::netlink::Address>> addresses(  // IPv4
        const Wanted<protocol::netlink::Address>& wanted = nullptr);
    [[nodiscard]] Result<std::vector<protocol::netlink::Route>> routes(  // of the main table
        const Wanted<protocol::netlink::Route>& wanted = nullptr);

    [[nodiscard]] Result<void> set_up(const protocol::netlink::Link& link);
    [[nodiscard]] Result<void> set_down(const protocol::netlink::Link& link);
    // Of a link that is down.
    [[nodiscard]] Result<void> rename(const protocol::netlink::Link& link, const std::string& name);
    [[nodiscard]] Result<void> set_mac(const protocol::netlink::Link& link, const Mac& mac);
    [[nodiscard]] Result<void> set_mtu(int interface_index, std::uint32_t mtu_bytes);
    // It is no error when they are there already.
    [[nodiscard]] Result<void> add_address(const protocol::netlink::Address& address);
    [[nodiscard]] Result<void> add_route(
        const protocol::netlink::Route& route,
        protocol::netlink::OtherRoute other = protocol::netlink::OtherRoute::replaced);
    // It is no error when they are gone already.
    [[nodiscard]] Result<void> remove_address(const protocol::netlink::Address& address);
    [[nodiscard]] Result<void> remove_route(const protocol::netlink::Route& route);

private:
    explicit RouteSocket(kernel::Conversation conversation)
        : conversation_(std::move(conversation)) {}

    [[nodiscard]] Result<void> change(const Bytes& request, const char* operation,
                                      std::string_view object);
    template <class T, class Parse>
    [[nodiscard]] Result<std::vector<T>> dump(protocol::netlink::RouteType type, Parse parse,
                                              const Wanted<T>& wanted);

    kernel::Conversation conversation_;
};

}  // namespace nbdroot::agent::network
