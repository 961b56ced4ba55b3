// Datagrams to and from one peer (UDP).
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "lib/base/bytes.h"
#include "lib/base/result.h"
#include "lib/sys/fd.h"
#include "lib/sys/socket_address.h"

namespace nbdroot::sys {

struct UdpSocketOptions {
    SocketAddress peer;                       // nobody else is heard
    std::string object = {};                  // the peer, in errors
    std::string interface_name = {};          // through it alone; empty: as the routes say
    int interface_index = 0;                  // not 0: this one, whatever its name is by now
    std::optional<SocketAddress> local = {};  // nullopt: a port that nobody can guess
};

class UdpSocket {
public:
    // Never waits, here and below.
    [[nodiscard]] static Result<UdpSocket> open(UdpSocketOptions options);

    // An Error is about this datagram: what became of earlier ones is dropped.
    [[nodiscard]] Result<void> send(ByteView datagram);

    // nullopt: none is there now. What is longer than LIMIT_BYTES comes cut to them. An Error may
    // be about an earlier datagram: ECONNREFUSED where nothing listens at the peer's port.
    [[nodiscard]] Result<std::optional<Bytes>> receive(std::size_t limit_bytes);

    [[nodiscard]] int fd() const { return fd_.get(); }

private:
    UdpSocket(Fd fd, std::string object) : fd_(std::move(fd)), object_(std::move(object)) {}

    Fd fd_;
    std::string object_;
};

}  // namespace nbdroot::sys
