// The kernel's NBD driver as a partner on generic netlink.
#pragma once

#include <cstdint>
#include <functional>

#include "lib/base/bytes.h"
#include "lib/base/result.h"
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

private:
    explicit KernelNbd(sys::NetlinkSocket socket) : socket_(std::move(socket)) {}

    using Visit = std::function<Result<void>(const protocol::netlink::Message&)>;
    // VISIT sees what the kernel answers before its acknowledgement of request SEQUENCE.
    [[nodiscard]] Result<void> exchange(ByteView request, std::uint32_t sequence,
                                        const Visit& visit);
    [[nodiscard]] Result<bool> take_answer(ByteView datagram, std::uint32_t sequence,
                                           const Visit& visit);
    [[nodiscard]] Result<void> find_family();

    sys::NetlinkSocket socket_;
    std::uint16_t family_id_ = 0;
    std::uint32_t sequence_ = 0;
};

}  // namespace nbdroot::agent::attach
