// What systemd-networkd is told of the root's interface. Pure.
//
// It finds the interface as it is and leaves it so: no DHCP of its own, whatever the image's files
// say, because the resident process keeps the lease. Two clients would ask for two leases, and
// networkd takes an address away when its lease ends, when it is stopped (unless told otherwise),
// and when it is started with another configuration. No Address= either: it would be put back
// after the lease has changed to another one. It only learns what it cannot see: name servers,
// domains, time servers.
#pragma once

#include <string>

#include "agent/network/network.h"

namespace nbdroot::agent::handover {

// The first of all names: networkd takes the first file that matches an interface.
inline constexpr const char* kNetworkdFile = "/run/systemd/network/00-nbdroot.network";

[[nodiscard]] std::string networkd_file(const network::Network& network);

}  // namespace nbdroot::agent::handover
