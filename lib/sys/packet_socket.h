// Whole IPv4 or ARP packets to and from one interface, for a machine that has no address yet
// (AF_PACKET).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "lib/base/bytes.h"
#include "lib/base/result.h"
#include "lib/sys/fd.h"

namespace nbdroot::sys {

struct PacketSocketOptions {
    int interface_index = 0;
    std::string interface_name = {};  // for messages
    enum class Kind { udp, arp };
    Kind kind = Kind::udp;
    std::uint16_t udp_port = 0;  // of UDP: the kernel drops what is not to this port
};

class PacketSocket {
public:
    [[nodiscard]] static Result<PacketSocket> open(PacketSocketOptions options);

    // PACKET in a frame to every machine of the link.
    [[nodiscard]] Result<void> broadcast(ByteView packet);

    struct Received {
        Bytes packet;
        bool has_checksum = true;  // false: the sender's kernel left the UDP checksum for later
    };
    // nullopt: none is there now. Does not wait.
    [[nodiscard]] Result<std::optional<Received>> receive();

    [[nodiscard]] int fd() const { return fd_.get(); }

private:
    PacketSocket(Fd fd, PacketSocketOptions options)
        : fd_(std::move(fd)), options_(std::move(options)) {}

    Fd fd_;
    PacketSocketOptions options_;
};

}  // namespace nbdroot::sys
