// DHCP on one interface: the pure client, driven by packet sockets and a timer. During the boot,
// and for as long as the root lives.
//
// Its clock is sys::boot_now(): a machine that slept finds its lease as old as the server does.
//
// What comes in is taken from a packet socket in every state, because the running system's firewall
// may stand before its own sockets; while the lease is good there is none, so that nobody is woken
// by the requests of others. What the lease's server is asked at T1 goes out over a UDP socket: it
// finds the server's hardware address, or the way to it. That socket also keeps the kernel from
// telling the server that nobody listens.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/network/line_limit.h"
#include "lib/base/log.h"
#include "lib/io/loop.h"
#include "lib/protocol/dhcp4/client.h"
#include "lib/sys/boot_timer.h"
#include "lib/sys/packet_socket.h"
#include "lib/sys/udp_socket.h"

namespace nbdroot::agent::network {

class DhcpSession {
public:
    // With every ACK: the first lease, the same one renewed, or another one, whose address may
    // differ.
    using OnLease = std::function<void(const protocol::dhcp4::Lease&)>;

    struct Interface {
        int index = 0;
        std::string name;  // for messages
    };

    // Sends the first DISCOVER at once: the link is ready. ON_LEASE is called from the loop; it
    // must not destroy the session.
    [[nodiscard]] static Result<std::unique_ptr<DhcpSession>> start(
        io::Loop& loop, const Log& log, Interface interface, protocol::dhcp4::ClientOptions options,
        OnLease on_lease);

    // Keeps LEASE alive, which another session got; its times are by sys::boot_now() too.
    [[nodiscard]] static Result<std::unique_ptr<DhcpSession>> resume(
        io::Loop& loop, const Log& log, Interface interface, protocol::dhcp4::ClientOptions options,
        protocol::dhcp4::Lease lease, OnLease on_lease);

    // Registered with the loop by address.
    DhcpSession(const DhcpSession&) = delete;
    DhcpSession& operator=(const DhcpSession&) = delete;
    ~DhcpSession() = default;

    // "no DHCP answer, 3 messages sent"
    [[nodiscard]] std::string status() const;

    // Its state, its lease and the message that granted it.
    [[nodiscard]] const protocol::dhcp4::Client& client() const { return client_; }

private:
    struct Listener {
        sys::PacketSocket socket;
        std::unique_ptr<io::Watch> watch;
    };

    DhcpSession(io::Loop& loop, const Log& log, Interface interface,
                protocol::dhcp4::ClientOptions options, sys::BootTimer timer, OnLease on_lease);
    [[nodiscard]] static Result<std::unique_ptr<DhcpSession>> make(
        io::Loop& loop, const Log& log, Interface interface, protocol::dhcp4::ClientOptions options,
        OnLease on_lease);

    [[nodiscard]] Result<void> listen();
    [[nodiscard]] Result<void> listen(
        std::unique_ptr<Listener>& place, sys::PacketSocketOptions options,
        void (DhcpSession::*take)(const sys::PacketSocket::Received&));
    void on_readable(const std::unique_ptr<Listener>& listener,
                     void (DhcpSession::*take)(const sys::PacketSocket::Received&));
    void on_packet(const sys::PacketSocket::Received& received);
    void on_arp(const sys::PacketSocket::Received& received);
    // Sends what the client has to send and sets the timer; logs what changed.
    void advance();
    void show_state();
    [[nodiscard]] Result<void> send(const protocol::dhcp4::Output& output);
    [[nodiscard]] Result<void> send_unicast(const protocol::dhcp4::Output& output);
    void say(Level level, std::string_view text);

    io::Loop& loop_;
    const Log& log_;
    Interface interface_;
    protocol::dhcp4::Client client_;
    OnLease on_lease_;
    protocol::dhcp4::State shown_state_ = protocol::dhcp4::State::init;
    std::string trouble_;  // why nothing can be sent or received; empty: it works
    LineLimit limit_;      // of what others make us say
    sys::BootTimer timer_;
    std::unique_ptr<io::Watch> timer_watch_;
    std::unique_ptr<Listener> listener_;
    std::unique_ptr<Listener> arp_listener_;
    std::optional<sys::UdpSocket> udp_;  // while the lease's server is asked
};

}  // namespace nbdroot::agent::network
