// The kernel gets a socket by ioctl. It keeps the process that gives it inside NBD_DO_IT, for as
// long as the device lives.
#pragma once

#include <sys/types.h>

#include <string>

#include "agent/attach/geometry.h"
#include "lib/base/log.h"
#include "lib/base/result.h"
#include "lib/sys/fd.h"

namespace nbdroot::agent::attach {

// The process, and what it reports: bytes are the reason why the device could not be set up, the
// end of the stream means that it is gone.
struct IoctlRunner {
    pid_t pid = -1;
    sys::Fd report;
};

struct IoctlAttachment {
    IoctlRunner runner;
    sys::Fd relay_end;  // of the device's socketpair: a TCP socket would take the device with it
};

struct IoctlPlan {
    std::string path;  // "/dev/nbd0"
    Geometry geometry;
    std::uint16_t transmission_flags = 0;
};

// CONNECTION is not for that process, which would keep it open for ever.
[[nodiscard]] Result<IoctlAttachment> attach_by_ioctl(const IoctlPlan& plan, int connection,
                                                      const Log& log);

// What a look at the report says: an Error once the device is lost.
[[nodiscard]] Result<void> check_report(const IoctlRunner& runner, const std::string& path);

}  // namespace nbdroot::agent::attach
