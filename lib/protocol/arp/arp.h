// ARP over Ethernet (RFC 826), as far as the question needs it whether an address is free
// (RFC 5227).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "lib/base/bytes.h"
#include "lib/base/mac.h"
#include "lib/base/result.h"

namespace nbdroot::protocol::arp {

inline constexpr std::size_t kPacketBytes = 28;

enum class Operation : std::uint16_t { request = 1, reply = 2 };

struct Packet {
    Operation operation = Operation::request;
    Mac sender_mac{};
    std::uint32_t sender = 0;  // host byte order
    Mac target_mac{};
    std::uint32_t target = 0;

    bool operator==(const Packet&) const = default;
};

[[nodiscard]] Bytes serialize(const Packet& packet);

// Bytes behind the packet (Ethernet padding) are cut off. An Error: not IPv4 over Ethernet, neither
// request nor reply, or cut off.
[[nodiscard]] Result<Packet> parse_packet(ByteView bytes);

// The question for ADDRESS of a machine that does not have it yet: no sender address, so that
// nobody learns a wrong one.
[[nodiscard]] Packet probe(const Mac& mac, std::uint32_t address);

// Whether PACKET says that a machine other than MAC has ADDRESS, or asks for it at the same time
// (RFC 5227 section 2.1.1).
[[nodiscard]] bool is_conflict(const Packet& packet, const Mac& mac, std::uint32_t address);

}  // namespace nbdroot::protocol::arp
