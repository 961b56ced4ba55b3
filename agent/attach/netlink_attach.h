// The kernel gets the TCP socket itself, over generic netlink; no process stays.
#pragma once

#include <cstdint>

#include "agent/attach/geometry.h"
#include "agent/attach/kernel_nbd.h"
#include "agent/attach/negotiate.h"
#include "lib/base/log.h"
#include "lib/base/result.h"

namespace nbdroot::agent::attach {

struct NetlinkPlan {
    std::uint32_t index = 0;
    Geometry geometry;
};

// Waits up to 5 s for a device that somebody else has open (udev looks at new devices).
[[nodiscard]] Result<void> attach_by_netlink(KernelNbd& kernel, const Connection& connection,
                                             const NetlinkPlan& plan, const Log& log);

}  // namespace nbdroot::agent::attach
