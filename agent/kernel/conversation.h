// Requests to the kernel over netlink, one at a time, each with its answers.
#pragma once

#include <cstdint>
#include <functional>

#include "lib/base/bytes.h"
#include "lib/base/result.h"
#include "lib/protocol/netlink/message.h"
#include "lib/sys/netlink_socket.h"

namespace nbdroot::agent::kernel {

class Conversation {
public:
    // PROTOCOL: NETLINK_ROUTE, NETLINK_GENERIC.
    [[nodiscard]] static Result<Conversation> open(int protocol);

    // For the header of the request that ask() gets next.
    [[nodiscard]] std::uint32_t next_sequence() { return ++sequence_; }

    using Visit = std::function<Result<void>(const protocol::netlink::Message&)>;
    // Sends REQUEST and hands what answers it to VISIT, up to the acknowledgement or to the end of
    // the dump. An Error of the kernel's has its errno as code, and as reason its own words.
    [[nodiscard]] Result<void> ask(ByteView request, const Visit& visit);
    // The same for a request whose only answer of interest is the acknowledgement.
    [[nodiscard]] Result<void> ask(ByteView request);

private:
    explicit Conversation(sys::NetlinkSocket socket) : socket_(std::move(socket)) {}
    [[nodiscard]] Result<bool> take_answer(ByteView datagram, const Visit& visit) const;

    sys::NetlinkSocket socket_;
    std::uint32_t sequence_ = 0;
};

}  // namespace nbdroot::agent::kernel
