// /run/net-INTERFACE.conf, as klibc's ipconfig writes it for initramfs-tools; cloud-init and
// open-iscsi read it too. A shell reads it as a program. Pure.
#pragma once

#include <string>

#include "agent/network/network.h"

namespace nbdroot::agent::handover {

// UPTIME_SECONDS: of the machine, now.
[[nodiscard]] std::string ipconfig_file(const network::Network& network,
                                        std::uint64_t uptime_seconds);

}  // namespace nbdroot::agent::handover
