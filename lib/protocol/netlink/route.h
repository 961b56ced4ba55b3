// The part of rtnetlink that a boot needs: links, IPv4 addresses and routes. Numbers and layouts:
// linux/rtnetlink.h, linux/if_link.h, linux/if_addr.h, linux/if.h. IPv4 addresses are in host byte
// order here and in network order on the wire.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/bytes.h"
#include "lib/base/mac.h"
#include "lib/base/result.h"
#include "lib/protocol/netlink/message.h"

namespace nbdroot::protocol::netlink {

inline constexpr int kRouteProtocol = 0;               // NETLINK_ROUTE, for socket(2)
inline constexpr std::uint32_t kLinkGroup = 1;         // RTMGRP_LINK
inline constexpr std::uint32_t kAddressGroup = 0x10;   // RTMGRP_IPV4_IFADDR
inline constexpr std::uint32_t kRouteGroup = 0x40;     // RTMGRP_IPV4_ROUTE
inline constexpr std::uint16_t kHardwareEthernet = 1;  // ARPHRD_ETHER

enum class RouteType : std::uint16_t {
    new_link = 16,  // RTM_NEWLINK
    delete_link = 17,
    get_link = 18,
    new_address = 20,
    delete_address = 21,
    get_address = 22,
    new_route = 24,
    delete_route = 25,
    get_route = 26,
};

struct Link {
    int index = 0;
    std::uint16_t hardware_type = 0;  // ARPHRD_…
    std::uint32_t flags = 0;          // IFF_…
    std::string name;
    std::optional<Mac> mac;  // nullopt: none of 6 bytes
    std::uint32_t mtu_bytes = 0;
    bool enslaved = false;  // part of a bond or bridge

    [[nodiscard]] bool is_up() const;  // set up, by whomever
    [[nodiscard]] bool is_loopback() const;
    // Frames sent now can reach others: up, with a carrier, admitted.
    [[nodiscard]] bool is_ready() const;

    bool operator==(const Link&) const = default;
};

struct Address {
    int interface_index = 0;
    std::uint32_t address = 0;
    std::uint8_t length_bits = 32;
    std::uint32_t broadcast = 0;  // 0: none
    std::uint32_t peer = 0;       // of a link of two: the other end; 0: none
    bool permanent = false;       // in what the kernel tells: it has no end; requests ask for that
    std::uint32_t valid_seconds = 0;  // of one that has: until then

    bool operator==(const Address&) const = default;
};

struct Route {
    int interface_index = 0;
    std::uint32_t destination = 0;
    std::uint8_t length_bits = 0;  // 0: the default route
    std::uint32_t gateway = 0;     // 0: on the link itself
    std::uint32_t source = 0;      // preferred source address; 0: the kernel's choice
    bool gateway_on_link = false;  // reachable although no address covers it (RTNH_F_ONLINK)
    std::uint32_t metric = 0;      // of several routes to one destination the lowest is taken

    bool operator==(const Route&) const = default;
};

// Dumps: many messages of the new_… type, the last of kTypeDone. All tables for routes.
[[nodiscard]] Bytes dump_request(RouteType type, std::uint32_t sequence);

// Whether an added route replaces another one to the same destination, or goes in front of it.
enum class OtherRoute { replaced, left };

// Changes: each is answered by an acknowledgement. What is there already may give EEXIST.
[[nodiscard]] Bytes link_up_request(int index, std::uint32_t sequence);
[[nodiscard]] Bytes link_down_request(int index, std::uint32_t sequence);
// Of a link that is down.
[[nodiscard]] Bytes link_name_request(int index, std::string_view name, std::uint32_t sequence);
[[nodiscard]] Bytes link_mac_request(int index, const Mac& mac, std::uint32_t sequence);
[[nodiscard]] Bytes link_mtu_request(int index, std::uint32_t mtu_bytes, std::uint32_t sequence);
[[nodiscard]] Bytes add_address_request(const Address& address, std::uint32_t sequence);
[[nodiscard]] Bytes add_route_request(const Route& route, OtherRoute other, std::uint32_t sequence);
// What is not there gives EADDRNOTAVAIL or ESRCH.
[[nodiscard]] Bytes delete_address_request(const Address& address, std::uint32_t sequence);
[[nodiscard]] Bytes delete_route_request(const Route& route, std::uint32_t sequence);

// Messages of the new_… and delete_… types.
[[nodiscard]] Result<Link> parse_link(const Message& message);
// nullopt: well-formed, but not IPv4, or for routes not unicast in the main table.
[[nodiscard]] Result<std::optional<Address>> parse_address(const Message& message);
[[nodiscard]] Result<std::optional<Route>> parse_route(const Message& message);

}  // namespace nbdroot::protocol::netlink
