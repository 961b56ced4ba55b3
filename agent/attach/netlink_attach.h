// The kernel gets a socket over generic netlink; it keeps no process for it.
#pragma once

#include <cstdint>
#include <string>

#include "agent/attach/geometry.h"
#include "agent/attach/kernel_nbd.h"
#include "lib/base/log.h"
#include "lib/base/result.h"

namespace nbdroot::agent::attach {

struct NetlinkPlan {
    std::uint32_t index = 0;
    Geometry geometry;
    std::uint16_t transmission_flags = 0;
    std::uint64_t dead_connection_timeout_seconds = 0;
    std::string backend_identifier;
};

// Waits up to 5 s for a device that somebody else has open (udev looks at new devices).
[[nodiscard]] Result<void> attach_by_netlink(KernelNbd& kernel, int socket, const NetlinkPlan& plan,
                                             const Log& log);

}  // namespace nbdroot::agent::attach
