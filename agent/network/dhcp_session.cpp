#include "agent/network/dhcp_session.h"

#include <utility>

#include "agent/network/dhcp_news.h"
#include "lib/base/ipv4.h"
#include "lib/base/text.h"
#include "lib/protocol/dhcp4/packet.h"
#include "lib/sys/random.h"
#include "lib/sys/socket_address.h"

namespace nbdroot::agent::network {

namespace dhcp4 = protocol::dhcp4;
using dhcp4::State;
using sys::PacketSocketOptions;

namespace {

// Packets taken in one turn of the loop; the rest waits for the next, the kernel's queue has a
// bound of its own.
constexpr int kPacketsPerTurn = 16;

}  // namespace

DhcpSession::DhcpSession(io::Loop& loop, const Log& log, Interface interface,
                         dhcp4::ClientOptions options, sys::BootTimer timer, OnLease on_lease)
    : loop_(loop),
      log_(log),
      interface_(std::move(interface)),
      client_(std::move(options), sys::random_u32),
      on_lease_(std::move(on_lease)),
      timer_(std::move(timer)) {}

Result<std::unique_ptr<DhcpSession>> DhcpSession::make(io::Loop& loop, const Log& log,
                                                       Interface interface,
                                                       dhcp4::ClientOptions options,
                                                       OnLease on_lease) {
    auto timer = NBDROOT_TRY(sys::BootTimer::open());
    std::unique_ptr<DhcpSession> session(new DhcpSession(loop, log, std::move(interface),
                                                         std::move(options), std::move(timer),
                                                         std::move(on_lease)));
    DhcpSession* const self = session.get();
    self->timer_watch_ =
        NBDROOT_TRY(loop.watch(self->timer_.fd(), {.readable = true}, [self](io::Ready) {
            self->client_.on_time(sys::boot_now());
            self->advance();
        }));
    return session;
}

Result<std::unique_ptr<DhcpSession>> DhcpSession::start(io::Loop& loop, const Log& log,
                                                        Interface interface,
                                                        dhcp4::ClientOptions options,
                                                        OnLease on_lease) {
    auto session =
        NBDROOT_TRY(make(loop, log, std::move(interface), std::move(options), std::move(on_lease)));
    session->client_.start(sys::boot_now());
    NBDROOT_CHECK(session->listen());
    session->advance();
    return session;
}

Result<std::unique_ptr<DhcpSession>> DhcpSession::resume(io::Loop& loop, const Log& log,
                                                         Interface interface,
                                                         dhcp4::ClientOptions options,
                                                         dhcp4::Lease lease, OnLease on_lease) {
    auto session =
        NBDROOT_TRY(make(loop, log, std::move(interface), std::move(options), std::move(on_lease)));
    session->client_.resume(std::move(lease), sys::boot_now());
    session->shown_state_ = State::bound;
    session->advance();
    return session;
}

// The sockets that the client's state needs. Without a lease nobody holds port 68, though the old
// address may be on the interface still: what a server sends there is heard, but the kernel calls
// the port unreachable. To hold it for so long would keep a network manager's client from it.
Result<void> DhcpSession::listen() {
    const State state = client_.state();
    if (!dhcp4::has_lease(state)) udp_.reset();
    if (state != State::checking) arp_listener_.reset();
    if (state == State::bound) {
        udp_.reset();
        listener_.reset();
        return {};
    }
    NBDROOT_CHECK(listen(listener_, {.udp_port = dhcp4::kClientPort}, &DhcpSession::on_packet));
    if (state != State::checking) return {};
    return listen(arp_listener_, {.kind = PacketSocketOptions::Kind::arp}, &DhcpSession::on_arp);
}

Result<void> DhcpSession::listen(std::unique_ptr<Listener>& place, PacketSocketOptions options,
                                 void (DhcpSession::*take)(const sys::PacketSocket::Received&)) {
    if (place) return {};
    options.interface_index = interface_.index;
    options.interface_name = interface_.name;
    auto socket = NBDROOT_TRY(sys::PacketSocket::open(std::move(options)));
    auto listener = std::make_unique<Listener>(Listener{std::move(socket), nullptr});
    listener->watch =
        NBDROOT_TRY(loop_.watch(listener->socket.fd(), {.readable = true},
                                [this, &place, take](io::Ready) { on_readable(place, take); }));
    place = std::move(listener);
    return {};
}

void DhcpSession::on_readable(const std::unique_ptr<Listener>& listener,
                              void (DhcpSession::*take)(const sys::PacketSocket::Received&)) {
    for (int i = 0; i < kPacketsPerTurn && listener; ++i) {
        auto received = listener->socket.receive();
        if (!received) {
            // ENETDOWN while the link goes: whoever watches the link ends or restarts the session.
            trouble_ = received.error().message();
            return;
        }
        if (!*received) return;
        (this->*take)(**received);
    }
}

void DhcpSession::on_packet(const sys::PacketSocket::Received& received) {
    const auto checksum =
        received.has_checksum ? dhcp4::UdpChecksum::filled_in : dhcp4::UdpChecksum::not_yet;
    const auto payload = dhcp4::unwrap(received.packet, checksum);
    if (!payload) return say(Level::debug, cat(payload.error().message(), "; ignored"));
    const State before = client_.state();
    const auto taken = client_.on_message(*payload, sys::boot_now());
    if (!taken && client_.state() == before) {
        return say(Level::debug, cat(taken.error().message(), "; ignored"));
    }
    if (!taken) {
        say(Level::warning, cat("dhcp ", taken.error().message(), "; asking again",
                                dhcp4::has_lease(before) ? ", the address stays meanwhile" : ""));
    }
    advance();
}

void DhcpSession::on_arp(const sys::PacketSocket::Received& received) {
    const Instant now = sys::boot_now();
    const auto taken = client_.on_arp(received.packet, now);
    if (taken) return;
    const auto pause_ms = client_.next_deadline().value_or(now) - now;
    say(Level::warning,
        cat("dhcp ", taken.error().message(), "; asking again in ", pause_ms.count() / 1000, " s"));
    advance();
}

void DhcpSession::advance() {
    const bool is_new = shown_state_ != State::bound && client_.state() == State::bound;
    show_state();
    // What cannot be sent is sent again at the client's next deadline.
    auto done = listen();
    trouble_ = done ? std::string() : done.error().message();
    while (const auto output = client_.next_output()) {
        const auto sent = send(*output);
        if (sent) continue;
        trouble_ = sent.error().message();
        say(Level::debug, cat(trouble_, "; trying again"));
    }
    if (const auto deadline = client_.next_deadline()) {
        timer_.arm(*deadline);
    } else {
        timer_.cancel();
    }
    if (is_new) on_lease_(client_.lease());
}

void DhcpSession::show_state() {
    const State state = client_.state();
    if (state == shown_state_) return;
    log_.debug(cat("network ", interface_.name, ": dhcp ", dhcp4::name_of(shown_state_), " to ",
                   dhcp4::name_of(state)));
    const auto news = news_of(client_, shown_state_, trouble_, sys::boot_now());
    if (news) say(news->level, news->text);
    shown_state_ = state;
}

Result<void> DhcpSession::send(const dhcp4::Output& output) {
    switch (output.kind) {
        case dhcp4::Output::Kind::unicast:
            return send_unicast(output);
        case dhcp4::Output::Kind::arp:
            if (!arp_listener_) return {};
            return arp_listener_->socket.broadcast(output.payload);
        case dhcp4::Output::Kind::broadcast:
            break;
    }
    if (!listener_) return {};
    return listener_->socket.broadcast(dhcp4::wrap_broadcast(output.payload, output.source));
}

// Somebody else's DHCP client may have the port; then the broadcasts from T2 on have to do.
Result<void> DhcpSession::send_unicast(const dhcp4::Output& output) {
    if (!udp_) {
        const std::string server = base::format_ipv4(output.destination);
        const std::string source = base::format_ipv4(output.source);
        sys::UdpSocketOptions options{
            .peer = NBDROOT_TRY(sys::parse_socket_address(server, dhcp4::kServerPort)),
            .object = cat(server, ':', dhcp4::kServerPort),
            .interface_name = interface_.name,
            .interface_index = interface_.index};
        options.local = NBDROOT_TRY(sys::parse_socket_address(source, dhcp4::kClientPort));
        udp_.emplace(NBDROOT_TRY(sys::UdpSocket::open(std::move(options))));
    }
    auto sent = udp_->send(output.payload);
    if (!sent) udp_.reset();  // the next try may find another way, or source
    return sent;
}

void DhcpSession::say(Level level, std::string_view text) {
    const std::string line = cat("network ", interface_.name, ": ", text);
    if (log_.shows(level) && limit_.passes(line, loop_.now())) log_.write(level, line);
}

std::string DhcpSession::status() const {
    if (!trouble_.empty()) return trouble_;
    return status_of(client_);
}

}  // namespace nbdroot::agent::network
