// The lease of the root's address, as whoever goes on with it must have it.
#pragma once

#include <optional>

#include "agent/network/network.h"
#include "lib/protocol/dhcp4/lease.h"
#include "lib/protocol/dhcp4/request.h"

namespace nbdroot::agent::network {

struct HeldLease {
    protocol::dhcp4::Lease lease;  // times by sys::boot_now()
    // As the boot asked: a server knows a client by its MAC and client id.
    protocol::dhcp4::ClientOptions options;
};

// nullopt: the address is not leased.
[[nodiscard]] inline std::optional<HeldLease> held_lease_of(const Network& network,
                                                            bool checks_address) {
    if (!network.lease || !network.kept.mac) return std::nullopt;
    return HeldLease{.lease = *network.lease,
                     .options = {.mac = *network.kept.mac,
                                 .host_name = network.asked_host_name,
                                 .client_id = network.client_id,
                                 .checks_address = checks_address}};
}

}  // namespace nbdroot::agent::network
