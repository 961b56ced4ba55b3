// The kernel gets one end of a socketpair by ioctl; two processes stay, one that the kernel keeps
// inside NBD_DO_IT and one that relays between the pair's other end and the server.
#pragma once

#include <sys/types.h>

#include <string>

#include "agent/attach/geometry.h"
#include "agent/attach/negotiate.h"
#include "lib/base/log.h"
#include "lib/base/result.h"

namespace nbdroot::agent::attach {

// Both processes, and what they report: bytes are the reason why the device could not be set up,
// the end of the stream means that the process in NBD_DO_IT is gone.
struct IoctlProcesses {
    pid_t relay = -1;
    pid_t runner = -1;
    sys::Fd report;
};

[[nodiscard]] Result<IoctlProcesses> attach_by_ioctl(Connection connection,
                                                     const Geometry& geometry,
                                                     const std::string& path, const Log& log);

// What a look at PROCESSES.report says: an Error once the device is lost.
[[nodiscard]] Result<void> check_report(const IoctlProcesses& processes, const std::string& path);

void end(const IoctlProcesses& processes);

}  // namespace nbdroot::agent::attach
