// The IPv4 and UDP headers around a DHCP message, for a machine that has no address yet and so
// cannot let the kernel write them (RFC 791, RFC 768).
#pragma once

#include <cstdint>

#include "lib/base/bytes.h"
#include "lib/base/result.h"

namespace nbdroot::protocol::dhcp4 {

inline constexpr std::uint16_t kServerPort = 67;
inline constexpr std::uint16_t kClientPort = 68;

// The Internet checksum (RFC 1071): over data that holds its own correct checksum it is 0.
[[nodiscard]] std::uint16_t internet_checksum(ByteView data);

// PAYLOAD as a packet from SOURCE:68 (0: no address yet) to 255.255.255.255:67. At most 65507
// bytes; more asserts.
[[nodiscard]] Bytes wrap_broadcast(ByteView payload, std::uint32_t source = 0);

// Virtual links hand packets over before the sender's checksum was filled in.
enum class UdpChecksum { filled_in, not_yet };

// The payload of a packet to port 68, a view into PACKET. Bytes behind the packet's own length
// (Ethernet padding) are cut off.
[[nodiscard]] Result<ByteView> unwrap(ByteView packet, UdpChecksum checksum);

}  // namespace nbdroot::protocol::dhcp4
