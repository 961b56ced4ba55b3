// Messages of the kernel's NBD driver over generic netlink. Numbers and meanings:
// linux/nbd-netlink.h, drivers/block/nbd.c.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/bytes.h"
#include "lib/base/result.h"
#include "lib/protocol/netlink/message.h"

namespace nbdroot::protocol::netlink {

inline constexpr std::string_view kNbdFamilyName = "nbd";
inline constexpr std::string_view kNbdMulticastGroup = "nbd_mc_group";

// NBD_ATTR_TIMEOUT is left out on purpose: it kills the connections of slow servers, and rewrites
// queue/io_timeout.
struct NbdConnect {
    std::uint32_t index = 0;  // N of /dev/nbdN
    std::uint64_t size_bytes = 0;
    std::uint64_t block_size_bytes = 512;
    std::uint64_t server_flags = 0;  // the transmission flags
    std::uint64_t dead_connection_timeout_seconds = 0;
    std::string backend_identifier{};  // empty: not sent
    std::vector<std::uint32_t> sockets;
};

// Replaces a dead socket of a running device.
struct NbdReconfigure {
    std::uint32_t index = 0;
    std::string backend_identifier{};  // must be the one of the connect
    std::optional<std::uint64_t> dead_connection_timeout_seconds{};
    std::vector<std::uint32_t> sockets;
};

struct NbdDeviceStatus {
    std::uint32_t index = 0;
    bool connected = false;

    bool operator==(const NbdDeviceStatus&) const = default;
};

// What every request needs besides its content.
struct NbdEnvelope {
    std::uint16_t family_id = 0;  // of the family that has kNbdFamilyName
    std::uint32_t sequence = 0;
};

// All ask for an acknowledgement.
[[nodiscard]] Bytes encode(const NbdConnect& connect, const NbdEnvelope& envelope);
[[nodiscard]] Bytes encode(const NbdReconfigure& reconfigure, const NbdEnvelope& envelope);
[[nodiscard]] Bytes encode_disconnect(std::uint32_t index, const NbdEnvelope& envelope);
[[nodiscard]] Bytes encode_status(std::uint32_t index, const NbdEnvelope& envelope);

// The answer to encode_status(): one device, or none where it does not exist.
[[nodiscard]] Result<std::vector<NbdDeviceStatus>> parse_nbd_status(const Message& message);

// The device of a link-dead message of kNbdMulticastGroup; nullopt: it is another message.
[[nodiscard]] Result<std::optional<std::uint32_t>> parse_nbd_link_dead(const Message& message);

}  // namespace nbdroot::protocol::netlink
