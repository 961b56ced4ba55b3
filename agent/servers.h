// Which servers to try, once the network is known. Pure.
#pragma once

#include <vector>

#include "agent/config/boot_config.h"
#include "agent/network/bring_up.h"
#include "lib/base/log.h"
#include "lib/base/result.h"

namespace nbdroot::agent {

// TARGETS with each "dhcp" replaced by what DHCP's root-path names; NETWORK is null where the agent
// did not bring it up. A "dhcp" that names nothing is a warning while another server is left, else
// the Error.
[[nodiscard]] Result<std::vector<config::Target>> choose_servers(
    const std::vector<config::Target>& targets, const network::Network* network, const Log& log);

}  // namespace nbdroot::agent
