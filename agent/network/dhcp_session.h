// DHCP on one interface: the pure client, driven by a packet socket and a timer.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "lib/base/log.h"
#include "lib/io/loop.h"
#include "lib/protocol/dhcp4/client.h"
#include "lib/protocol/netlink/route.h"
#include "lib/sys/packet_socket.h"

namespace nbdroot::agent::network {

class DhcpSession {
public:
    using OnLease = std::function<void(const protocol::dhcp4::Lease&)>;

    // Sends the first DISCOVER at once: LINK is ready. ON_LEASE is called once at most, from the
    // loop; it must not destroy the session.
    [[nodiscard]] static Result<std::unique_ptr<DhcpSession>> start(
        io::Loop& loop, const Log& log, const protocol::netlink::Link& link,
        protocol::dhcp4::ClientOptions options, OnLease on_lease);

    // Registered with the loop by address.
    DhcpSession(const DhcpSession&) = delete;
    DhcpSession& operator=(const DhcpSession&) = delete;
    ~DhcpSession() = default;

    // "no DHCP answer, 3 messages sent"
    [[nodiscard]] std::string status() const;

private:
    DhcpSession(io::Loop& loop, const Log& log, std::string name, sys::PacketSocket socket,
                protocol::dhcp4::Client client, OnLease on_lease);

    void begin();
    void on_readable();
    void on_packet(const sys::PacketSocket::Received& received);
    // Sends what the client has to send and sets the timer; logs what changed.
    void advance();

    io::Loop& loop_;
    const Log& log_;
    std::string name_;
    sys::PacketSocket socket_;
    protocol::dhcp4::Client client_;
    OnLease on_lease_;
    protocol::dhcp4::State shown_state_ = protocol::dhcp4::State::init;
    std::string trouble_;  // why nothing can be sent or received; empty: it works
    std::unique_ptr<io::Timer> timer_;
    std::unique_ptr<io::Watch> watch_;
};

}  // namespace nbdroot::agent::network
