// Which servers to try, once the network is known. Pure.
#pragma once

#include <string>
#include <vector>

#include "agent/config/boot_config.h"
#include "agent/hardware.h"
#include "agent/network/network.h"
#include "lib/base/log.h"
#include "lib/base/result.h"

namespace nbdroot::agent {

// TARGETS as they are to be asked for: each "dhcp" replaced by what DHCP's root-path names, %m and
// its like in export names by what they stand for. NETWORK is empty where the agent did not bring
// it up. A target that comes to nothing is a warning while another is left, else the Error.
[[nodiscard]] Result<std::vector<config::Target>> choose_servers(
    const std::vector<config::Target>& targets, const network::Network& network,
    const Hardware& hardware, const Log& log);

}  // namespace nbdroot::agent
