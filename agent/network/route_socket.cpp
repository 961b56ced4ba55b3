#include "agent/network/route_socket.h"

#include <algorithm>
#include <cerrno>
#include <initializer_list>
#include <optional>

#include "lib/base/ipv4.h"
#include "lib/base/mac.h"
#include "lib/base/text.h"

namespace nbdroot::agent::network {
namespace {

namespace netlink = protocol::netlink;

std::string prefix(std::uint32_t address, std::uint8_t length_bits) {
    return cat(base::format_ipv4(address), '/', length_bits);
}

Result<void> unless(Result<void> done, std::initializer_list<int> harmless) {
    if (!done && std::find(harmless.begin(), harmless.end(), done.error().code) != harmless.end()) {
        return {};
    }
    return done;
}

}  // namespace

std::string route_text(const netlink::Route& route) {
    const std::string to = prefix(route.destination, route.length_bits);
    if (route.gateway == 0) return cat(to, " on the link");
    return cat(to, " via ", base::format_ipv4(route.gateway));
}

Result<RouteSocket> RouteSocket::open() {
    return RouteSocket(NBDROOT_TRY(kernel::Conversation::open(netlink::kRouteProtocol)));
}

Result<void> RouteSocket::change(const Bytes& request, const char* operation,
                                 std::string_view object) {
    const auto done = conversation_.ask(request);
    if (!done) return fail(operation, object, done.error().reason, done.error().code);
    return {};
}

template <class T, class Parse>
Result<std::vector<T>> RouteSocket::dump(netlink::RouteType type, Parse parse,
                                         const Wanted<T>& wanted) {
    std::vector<T> result;
    const auto visit = [&](const netlink::Message& message) -> Result<void> {
        std::optional<T> item = NBDROOT_TRY(parse(message));
        if (item && (!wanted || wanted(*item))) result.push_back(std::move(*item));
        return {};
    };
    NBDROOT_CHECK(
        conversation_.ask(netlink::dump_request(type, conversation_.next_sequence()), visit));
    return result;
}

Result<std::vector<netlink::Link>> RouteSocket::links(const Wanted<netlink::Link>& wanted) {
    return dump<netlink::Link>(netlink::RouteType::get_link, netlink::parse_link, wanted);
}

Result<std::vector<netlink::Address>> RouteSocket::addresses(
    const Wanted<netlink::Address>& wanted) {
    return dump<netlink::Address>(netlink::RouteType::get_address, netlink::parse_address, wanted);
}

Result<std::vector<netlink::Route>> RouteSocket::routes(const Wanted<netlink::Route>& wanted) {
    return dump<netlink::Route>(netlink::RouteType::get_route, netlink::parse_route, wanted);
}

Result<void> RouteSocket::set_up(const netlink::Link& link) {
    return change(netlink::link_up_request(link.index, conversation_.next_sequence()), "set up",
                  link.name);
}

Result<void> RouteSocket::set_down(const netlink::Link& link) {
    return change(netlink::link_down_request(link.index, conversation_.next_sequence()), "set down",
                  link.name);
}

Result<void> RouteSocket::rename(const netlink::Link& link, const std::string& name) {
    return change(netlink::link_name_request(link.index, name, conversation_.next_sequence()),
                  "rename", cat(link.name, " to ", name));
}

Result<void> RouteSocket::set_mac(const netlink::Link& link, const Mac& mac) {
    return change(netlink::link_mac_request(link.index, mac, conversation_.next_sequence()),
                  "set MAC", base::format_mac(mac));
}

Result<void> RouteSocket::set_mtu(int interface_index, std::uint32_t mtu_bytes) {
    return change(
        netlink::link_mtu_request(interface_index, mtu_bytes, conversation_.next_sequence()),
        "set MTU", cat(mtu_bytes));
}

Result<void> RouteSocket::add_address(const netlink::Address& address) {
    return unless(change(netlink::add_address_request(address, conversation_.next_sequence()),
                         "add address", prefix(address.address, address.length_bits)),
                  {EEXIST});
}

Result<void> RouteSocket::add_route(const netlink::Route& route, netlink::OtherRoute other) {
    return unless(change(netlink::add_route_request(route, other, conversation_.next_sequence()),
                         "add route", route_text(route)),
                  {EEXIST});
}

Result<void> RouteSocket::remove_address(const netlink::Address& address) {
    return unless(change(netlink::delete_address_request(address, conversation_.next_sequence()),
                         "remove address", prefix(address.address, address.length_bits)),
                  {EADDRNOTAVAIL, ENODEV});
}

Result<void> RouteSocket::remove_route(const netlink::Route& route) {
    return unless(change(netlink::delete_route_request(route, conversation_.next_sequence()),
                         "remove route", route_text(route)),
                  {ESRCH, ENODEV});
}

}  // namespace nbdroot::agent::network
