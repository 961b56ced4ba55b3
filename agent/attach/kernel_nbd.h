// The kernel's NBD driver as a partner on generic netlink.
#pragma once

#include <cstdint>
#include <utility>

#include "agent/kernel/conversation.h"
#include "lib/base/result.h"
#include "lib/protocol/netlink/generic.h"
#include "lib/protocol/netlink/nbd.h"
#include "lib/sys/netlink_socket.h"

namespace nbdroot::agent::attach {

class KernelNbd {
public:
    // Error code ENOENT: this kernel has no NBD over netlink.
    [[nodiscard]] static Result<KernelNbd> open();

    // Sends and waits for the acknowledgement. An Error carries the kernel's errno as its code and
    // its own words, where it has any, in the reason.
    [[nodiscard]] Result<void> connect(const protocol::netlink::NbdConnect& connect);
    [[nodiscard]] Result<void> reconfigure(const protocol::netlink::NbdReconfigure& reconfigure);
    // Requests that wait, and all that come, fail from then on.
    [[nodiscard]] Result<void> disconnect(std::uint32_t index);

    // A socket that hears of dead connections (NBD_CMD_LINK_DEAD).
    [[nodiscard]] Result<sys::NetlinkSocket> open_news() const;

private:
    explicit KernelNbd(kernel::Conversation conversation)
        : conversation_(std::move(conversation)) {}

    [[nodiscard]] Result<void> find_family();
    [[nodiscard]] protocol::netlink::NbdEnvelope envelope();

    kernel::Conversation conversation_;
    protocol::netlink::Family family_;
};

}  // namespace nbdroot::agent::attach
