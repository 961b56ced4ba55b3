// A connection becomes /dev/nbdN.
#pragma once

#include <string>

#include "agent/attach/negotiate.h"
#include "agent/config/boot_config.h"
#include "lib/base/log.h"
#include "lib/base/result.h"

namespace nbdroot::agent::attach {

struct Device {
    std::string path;         // "/dev/nbd0"
    config::AttachMode mode;  // what was used: netlink or ioctl
    std::uint64_t size_bytes = 0;
    bool read_only = false;  // by the server's word
};

struct DeviceOptions {
    config::AttachMode mode = config::AttachMode::automatic;  // netlink, ioctl where it is missing
    std::string name = "nbd0";
};

// Hands the connection over and returns when the kernel shows the device's size. Netlink: the
// kernel owns the socket, no process stays. Ioctl: forks two processes, "@nbdroot-agent" both, one
// in NBD_DO_IT and one that relays between the kernel's socketpair and the server.
[[nodiscard]] Result<Device> attach_device(Connection connection, const DeviceOptions& options,
                                           const Log& log);

// Whether DEVICE is still what was attached. A device by ioctl ends with its connection.
[[nodiscard]] bool is_attached(const Device& device);

}  // namespace nbdroot::agent::attach
