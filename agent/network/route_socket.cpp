#include "agent/network/route_socket.h"

#include <cerrno>
#include <optional>

#include "lib/base/ipv4.h"
#include "lib/base/text.h"
#include "lib/sys/error.h"

namespace nbdroot::agent::network {
namespace {

namespace netlink = protocol::netlink;

// The kernel answers before send() returns; the limit is for a kernel that does not.
constexpr Duration kAnswerLimit{5'000};

std::string prefix(std::uint32_t address, std::uint8_t length_bits) {
    return cat(base::format_ipv4(address), '/', length_bits);
}

// An acknowledgement's verdict on WHAT ("set up eth0").
Result<void> verdict(const netlink::Acknowledgement& answer, std::string_view what) {
    if (answer.error_code == 0) return {};
    std::string reason = sys::describe_errno(answer.error_code);
    if (!answer.text.empty()) reason += cat(" (", answer.text, ")");
    return fail(what, "", std::move(reason), answer.error_code);
}

}  // namespace

Result<RouteSocket> RouteSocket::open() {
    return RouteSocket(NBDROOT_TRY(sys::NetlinkSocket::open(netlink::kRouteProtocol)));
}

Result<RouteSocket::Answer> RouteSocket::next_answer() {
    for (;;) {
        auto datagram = NBDROOT_TRY(socket_.receive());
        if (!datagram) {
            if (NBDROOT_TRY(socket_.wait(kAnswerLimit))) continue;
            return fail("ask", "rtnetlink", cat("no answer within ", kAnswerLimit.count(), " ms"),
                        ETIMEDOUT);
        }
        Answer answer{.datagram = std::move(*datagram), .messages = {}};
        for (const auto& message : NBDROOT_TRY(netlink::parse_messages(answer.datagram))) {
            if (message.header.sequence == sequence_) answer.messages.push_back(message);
        }
        if (!answer.messages.empty()) return answer;
    }
}

Result<void> RouteSocket::change(const Bytes& request, std::string_view what) {
    NBDROOT_CHECK(socket_.send(request));
    const Answer answer = NBDROOT_TRY(next_answer());
    return verdict(NBDROOT_TRY(netlink::parse_acknowledgement(answer.messages.front())), what);
}

template <class T, class Parse>
Result<std::vector<T>> RouteSocket::dump(netlink::RouteType type, Parse parse) {
    NBDROOT_CHECK(socket_.send(netlink::dump_request(type, ++sequence_)));
    std::vector<T> result;
    for (;;) {
        const Answer answer = NBDROOT_TRY(next_answer());
        for (const netlink::Message& message : answer.messages) {
            if (message.header.type == netlink::kTypeDone) return result;
            if (message.header.type == netlink::kTypeError) {
                const auto error = NBDROOT_TRY(netlink::parse_acknowledgement(message));
                NBDROOT_CHECK(verdict(error, "list from rtnetlink"));
                continue;
            }
            std::optional<T> item = NBDROOT_TRY(parse(message));
            if (item) result.push_back(std::move(*item));
        }
    }
}

Result<std::vector<netlink::Link>> RouteSocket::links() {
    return dump<netlink::Link>(netlink::RouteType::get_link, netlink::parse_link);
}

Result<std::vector<netlink::Address>> RouteSocket::addresses() {
    return dump<netlink::Address>(netlink::RouteType::get_address, netlink::parse_address);
}

Result<std::vector<netlink::Route>> RouteSocket::routes() {
    return dump<netlink::Route>(netlink::RouteType::get_route, netlink::parse_route);
}

Result<void> RouteSocket::set_up(const netlink::Link& link) {
    return change(netlink::link_up_request(link.index, ++sequence_), cat("set up ", link.name));
}

Result<void> RouteSocket::set_mtu(int interface_index, std::uint32_t mtu_bytes) {
    return change(netlink::link_mtu_request(interface_index, mtu_bytes, ++sequence_),
                  cat("set MTU ", mtu_bytes));
}

Result<void> RouteSocket::add_address(const netlink::Address& address) {
    auto done = change(netlink::add_address_request(address, ++sequence_),
                       cat("add address ", prefix(address.address, address.length_bits)));
    if (!done && done.error().code == EEXIST) return {};
    return done;
}

Result<void> RouteSocket::add_route(const netlink::Route& route) {
    auto done = change(netlink::add_route_request(route, ++sequence_),
                       cat("add route ", prefix(route.destination, route.length_bits), " via ",
                           base::format_ipv4(route.gateway)));
    if (!done && done.error().code == EEXIST) return {};
    return done;
}

}  // namespace nbdroot::agent::network
