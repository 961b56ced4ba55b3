// DHCP messages (RFC 2131 section 2; options RFC 2132; long options RFC 3396) between bytes and a
// plain value. Addresses are in host byte order.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "lib/base/bytes.h"
#include "lib/base/mac.h"
#include "lib/base/result.h"

namespace nbdroot::protocol::dhcp4 {

enum class MessageType : std::uint8_t {
    discover = 1,
    offer = 2,
    request = 3,
    decline = 4,
    ack = 5,
    nak = 6,
    release = 7,
    inform = 8,
};

enum class OptionCode : std::uint8_t {
    pad = 0,
    subnet_mask = 1,
    router = 3,
    name_servers = 6,
    host_name = 12,
    domain_name = 15,
    root_path = 17,
    mtu = 26,
    broadcast_address = 28,
    time_servers = 42,
    requested_address = 50,
    lease_seconds = 51,
    overload = 52,
    message_type = 53,
    server_identifier = 54,
    parameter_list = 55,
    text = 56,
    maximum_size = 57,
    renewal_seconds = 58,
    rebinding_seconds = 59,
    vendor_class = 60,
    client_identifier = 61,
    domain_search = 119,
    classless_routes = 121,
    end = 255,
};

struct Option {
    OptionCode code = OptionCode::pad;
    Bytes value;

    bool operator==(const Option&) const = default;
};

struct Message {
    bool is_reply = false;  // op: BOOTREPLY
    std::uint32_t transaction = 0;
    std::uint16_t seconds = 0;
    bool broadcast = false;  // asks the server to broadcast its answer
    std::uint32_t client_address = 0;
    std::uint32_t your_address = 0;
    std::uint32_t server_address = 0;  // siaddr: the next server of a network boot
    std::uint32_t relay_address = 0;
    Mac mac{};
    std::vector<Option> options;  // each code once; parts joined, overload resolved

    // The value of an option, nullptr where it is not there.
    [[nodiscard]] const Bytes* find(OptionCode code) const;
    // nullopt: not there, or not of exactly that size.
    [[nodiscard]] std::optional<std::uint8_t> u8(OptionCode code) const;
    [[nodiscard]] std::optional<std::uint16_t> u16(OptionCode code) const;
    [[nodiscard]] std::optional<std::uint32_t> u32(OptionCode code) const;

    void add(OptionCode code, ByteView value) {
        options.push_back({code, Bytes(value.begin(), value.end())});
    }
    void add_u8(OptionCode code, std::uint8_t value);
    void add_u16(OptionCode code, std::uint16_t value);
    void add_u32(OptionCode code, std::uint32_t value);

    bool operator==(const Message&) const = default;
};

// At least 300 bytes long, as BOOTP relays expect (RFC 1542 section 2.1).
[[nodiscard]] Bytes serialize(const Message& message);

// Ethernet only (hardware type 1, 6 bytes). Unknown options are kept, unread.
[[nodiscard]] Result<Message> parse_message(ByteView bytes);

}  // namespace nbdroot::protocol::dhcp4
