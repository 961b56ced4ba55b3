// AF_NETLINK sockets: datagrams of messages to and from the kernel.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lib/base/bytes.h"
#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/sys/fd.h"

namespace nbdroot::sys {

class NetlinkSocket {
public:
    // PROTOCOL: NETLINK_ROUTE, NETLINK_GENERIC. LEGACY_GROUPS: the bit mask of bind(2), for the
    // groups that have one (RTMGRP_LINK). Acknowledgements are extended (the kernel's own words)
    // and capped, where the kernel can do that.
    [[nodiscard]] static Result<NetlinkSocket> open(int protocol, std::uint32_t legacy_groups = 0);

    // For Loop::watch().
    [[nodiscard]] int fd() const { return fd_.get(); }

    [[nodiscard]] Result<void> join(std::uint32_t group_id);
    // One datagram to the kernel.
    [[nodiscard]] Result<void> send(ByteView datagram);
    // One datagram, whole; nullopt: none is there now. Does not wait. Datagrams that did not come
    // from the kernel are passed over. ENOBUFS means that some were lost.
    [[nodiscard]] Result<std::optional<Bytes>> receive();
    // Waits until receive() has something; false: LIMIT is over.
    [[nodiscard]] Result<bool> wait(Duration limit);

private:
    explicit NetlinkSocket(Fd fd) : fd_(std::move(fd)) {}
    Fd fd_;
};

}  // namespace nbdroot::sys
