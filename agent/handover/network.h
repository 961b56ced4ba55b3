// What the running system is told of the network that its root depends on, before its init starts:
// whoever manages the network there must neither take the interface down nor give it another
// address. Everything is written under /run; nothing is written into the root.
//
// A file each for the kinds of software: networkd, networkmanager, dhcpcd, ifupdown,
// resolver_files, ipconfig.
#pragma once

#include <string>

#include "agent/config/boot_config.h"
#include "agent/network/network.h"
#include "lib/base/log.h"
#include "lib/base/result.h"

namespace nbdroot::agent::handover {

struct NetworkHandOver {
    std::string root;  // where the system is mounted
    const network::Network& network;
    bool host_name_is_given = false;  // by ip=, not by a DHCP server
};

// Whether the host name of NETWORK is one of CONFIG's words.
[[nodiscard]] bool is_host_name_given(const config::NetworkConfig& config,
                                      const network::Network& network);

// Whether the resident process keeps the address of NETWORK: where nobody does, an address ends
// with a lease that is somebody else's, and whoever manages the network must be free to ask for
// one.
[[nodiscard]] bool is_kept(const network::Network& network);

// Failures are warnings that name the consequence.
void hand_over_network(const NetworkHandOver& order, const Log& log);

// For a hand-over by another process, in the initramfs of another generator: what that one cannot
// see is noted in ipconfig's file.
void note_network(const network::Network& network, const Log& log);
// What that one sees and finds noted: interface, address, name servers and search list.
[[nodiscard]] Result<network::Network> find_network();

}  // namespace nbdroot::agent::handover
