// What the kernel says of devices that come and go (NETLINK_KOBJECT_UEVENT).
#pragma once

#include <optional>
#include <string>

#include "lib/base/bytes.h"

namespace nbdroot::protocol::netlink {

// The multicast group of the kernel's own events; udev sends to another one.
inline constexpr unsigned kUeventKernelGroup = 1;

struct Uevent {
    std::string action;       // "add", "remove", "change"
    std::string device_path;  // "/devices/virtual/block/nbd0/nbd0p1"
    std::string subsystem;    // "block"
    std::string device_name;  // of the node, below /dev: "nbd0p1"; empty: it has none

    bool operator==(const Uevent&) const = default;
};

// "ACTION@PATH", then KEY=VALUE, each with a zero byte behind it (lib/kobject_uevent.c). nullopt:
// not of that form.
[[nodiscard]] std::optional<Uevent> parse_uevent(ByteView datagram);

}  // namespace nbdroot::protocol::netlink
