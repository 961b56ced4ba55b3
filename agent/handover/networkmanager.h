// What NetworkManager is told of the root's interface. Pure.
//
// It is given a connection that says what is there already, and its own note that this connection
// is active: so it assumes the interface at its start instead of setting it up from nothing, which
// would take the address away first. The address is a fixed one in its eyes, because the resident
// process keeps the lease: two clients would ask for two leases, and NetworkManager takes an
// address away when it gets no answer.
#pragma once

#include <string>

#include "agent/network/network.h"

namespace nbdroot::agent::handover {

// The connection; must be readable by root alone.
inline constexpr const char* kNetworkManagerConnection =
    "/run/NetworkManager/system-connections/nbdroot.nmconnection";
[[nodiscard]] std::string networkmanager_connection(const network::Network& network);

// Its note about the interface with that index, as it writes it at its own end.
[[nodiscard]] std::string networkmanager_state_path(const network::Network& network);
[[nodiscard]] std::string networkmanager_state(const network::Network& network);

// That a cable may be pulled and put back.
inline constexpr const char* kNetworkManagerConfig = "/run/NetworkManager/conf.d/00-nbdroot.conf";
[[nodiscard]] std::string networkmanager_config(const network::Network& network);

}  // namespace nbdroot::agent::handover
