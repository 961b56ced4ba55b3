// The kernel's NBD driver as a partner on generic netlink.
#pragma once

#include <cstdint>
#include <utility>

#include "agent/kernel/conversation.h"
#include "lib/base/result.h"
#include "lib/protocol/netlink/nbd.h"

namespace nbdroot::agent::attach {

class KernelNbd {
public:
    // Error code ENOENT: this kernel has no NBD over netlink.
    [[nodiscard]] static Result<KernelNbd> open();

    // Sends and waits for the acknowledgement. An Error carries the kernel's errno as its code and
    // its own words, where it has any, in the reason.
    [[nodiscard]] Result<void> connect(const protocol::netlink::NbdConnect& connect);

private:
    explicit KernelNbd(kernel::Conversation conversation)
        : conversation_(std::move(conversation)) {}

    [[nodiscard]] Result<void> find_family();

    kernel::Conversation conversation_;
    std::uint16_t family_id_ = 0;
};

}  // namespace nbdroot::agent::attach
