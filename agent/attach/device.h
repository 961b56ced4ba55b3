// A connection becomes /dev/nbdN.
#pragma once

#include <cstdint>
#include <string>

#include "agent/attach/ioctl_attach.h"
#include "agent/attach/negotiate.h"
#include "agent/config/boot_config.h"
#include "lib/base/log.h"
#include "lib/base/result.h"
#include "lib/sys/fd.h"

namespace nbdroot::agent::attach {

struct DeviceOptions {
    config::AttachMode mode = config::AttachMode::automatic;  // netlink, ioctl where it is missing
    std::string name = "nbd0";
    bool relay = false;  // under netlink too; ioctl always has one
    // Of the netlink connect: how long a request waits for a new connection.
    std::uint64_t dead_connection_timeout_seconds = kDeadConnectionTimeoutSeconds;

    // Ten years: requests wait instead of failing.
    static constexpr std::uint64_t kDeadConnectionTimeoutSeconds = 10ULL * 365 * 24 * 3600;
};

struct Device {
    std::string name;  // "nbd0"
    std::string path;  // "/dev/nbd0"
    std::uint32_t index = 0;
    config::AttachMode mode = config::AttachMode::netlink;  // what was used: netlink or ioctl
    std::string backend_identifier = {};                    // of the netlink connect
    std::uint64_t size_bytes = 0;
    bool read_only = false;  // by the server's word
    bool is_relayed = false;
};

// What the driver has been given. It asks for nothing yet, and nobody answers it: that is the
// resident's business.
struct Attachment {
    Device device;
    sys::Fd relay_end;   // relayed: what the driver sends comes out here
    IoctlRunner runner;  // ioctl: the process in NBD_DO_IT
};

// Not relayed: the driver uses CONNECTION's socket, which stays open here too.
[[nodiscard]] Result<Attachment> attach_device(const Connection& connection,
                                               const DeviceOptions& options, const Log& log);

// Waits until the kernel shows the device's size, and for its partitions.
[[nodiscard]] Result<void> wait_until_usable(const Attachment& attachment);

// Takes the device away again, for an attachment that has come to nothing.
void detach_device(const Attachment& attachment, const Log& log);

// Whether DEVICE is still what was attached.
[[nodiscard]] bool is_attached(const Device& device);

}  // namespace nbdroot::agent::attach
