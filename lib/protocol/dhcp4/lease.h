// What a server grants: the options of an OFFER or ACK as plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/protocol/dhcp4/message.h"

namespace nbdroot::protocol::dhcp4 {

inline constexpr std::uint32_t kForEver = UINT32_MAX;  // of lease_seconds, RFC 2131 section 3.3

struct LeaseRoute {
    std::uint32_t destination = 0;
    std::uint8_t length_bits = 0;
    std::uint32_t gateway = 0;  // 0: on the link itself

    bool operator==(const LeaseRoute&) const = default;
};

struct Lease {
    std::uint32_t address = 0;
    std::uint8_t length_bits = 32;
    std::uint32_t broadcast = 0;  // 0: not given
    std::uint32_t server = 0;
    std::vector<LeaseRoute> routes = {};  // option 121 alone where it is there, else of option 3
    std::vector<std::uint32_t> name_servers = {};
    std::string host_name = {};            // empty: none, or none that may be a host name
    std::string domain_name = {};          // the same
    std::vector<std::string> search = {};  // option 119
    std::vector<std::uint32_t> time_servers = {};
    std::string root_path = {};
    std::uint32_t next_server = 0;  // siaddr, the server of a network boot; 0: not given
    std::uint16_t mtu_bytes = 0;    // 0: not given, or too small to be meant
    std::uint32_t lease_seconds = 0;
    std::uint32_t renewal_seconds = 0;    // T1; kForEver where the lease is
    std::uint32_t rebinding_seconds = 0;  // T2; the same
    // When the request was sent that it answers, by the clock of whoever runs the client: all of
    // its times count from there. Not of the message.
    Instant since{};

    bool operator==(const Lease&) const = default;
};

// An Error: without it there is no using the message (no server identifier, no possible address).
// Options that are merely useless (wrong length, a mask with holes) count as not given.
[[nodiscard]] Result<Lease> read_lease(const Message& message);

}  // namespace nbdroot::protocol::dhcp4
