#include "agent/network/dhcp_session.h"

#include <utility>

#include "lib/base/text.h"
#include "lib/protocol/dhcp4/packet.h"
#include "lib/sys/random.h"

namespace nbdroot::agent::network {

namespace dhcp4 = protocol::dhcp4;

namespace {

// Packets taken in one turn of the loop; the rest waits for the next, the kernel's queue has a
// bound of its own.
constexpr int kPacketsPerTurn = 16;

}  // namespace

Result<std::unique_ptr<DhcpSession>> DhcpSession::start(io::Loop& loop, const Log& log,
                                                        const protocol::netlink::Link& link,
                                                        dhcp4::ClientOptions options,
                                                        OnLease on_lease) {
    auto socket = NBDROOT_TRY(sys::PacketSocket::open({.interface_index = link.index,
                                                       .interface_name = link.name,
                                                       .udp_port = dhcp4::kClientPort}));
    std::unique_ptr<DhcpSession> session(
        new DhcpSession(loop, log, link.name, std::move(socket),
                        dhcp4::Client(std::move(options), sys::random_u32), std::move(on_lease)));
    DhcpSession* const self = session.get();
    session->watch_ = NBDROOT_TRY(loop.watch(self->socket_.fd(), {.readable = true},
                                             [self](io::Ready) { self->on_readable(); }));
    session->begin();
    return session;
}

DhcpSession::DhcpSession(io::Loop& loop, const Log& log, std::string name, sys::PacketSocket socket,
                         dhcp4::Client client, OnLease on_lease)
    : loop_(loop),
      log_(log),
      name_(std::move(name)),
      socket_(std::move(socket)),
      client_(std::move(client)),
      on_lease_(std::move(on_lease)),
      timer_(loop.timer([this] {
          client_.on_time(loop_.now());
          advance();
      })) {}

void DhcpSession::begin() {
    client_.start(loop_.now());
    advance();
}

void DhcpSession::on_readable() {
    for (int i = 0; i < kPacketsPerTurn; ++i) {
        auto received = socket_.receive();
        if (!received) {
            // ENETDOWN while the link goes: the link's own event ends or restarts the session.
            trouble_ = received.error().message();
            return;
        }
        if (!*received) return;
        on_packet(**received);
        if (client_.state() == dhcp4::State::bound) return;
    }
}

void DhcpSession::on_packet(const sys::PacketSocket::Received& received) {
    const auto checksum =
        received.has_checksum ? dhcp4::UdpChecksum::filled_in : dhcp4::UdpChecksum::not_yet;
    const auto payload = dhcp4::unwrap(received.packet, checksum);
    if (!payload) {
        log_.debug(cat("network ", name_, ": ", payload.error().message(), "; ignored"));
        return;
    }
    const auto before = client_.state();
    const auto taken = client_.on_message(*payload, loop_.now());
    if (!taken && client_.state() != before) {
        log_.warning(cat("network ", name_, ": dhcp ", taken.error().message(), "; asking again"));
    } else if (!taken) {
        log_.debug(cat("network ", name_, ": ", taken.error().message(), "; ignored"));
    }
    advance();
}

void DhcpSession::advance() {
    if (client_.state() != shown_state_) {
        log_.debug(cat("network ", name_, ": dhcp ", dhcp4::name_of(shown_state_), " to ",
                       dhcp4::name_of(client_.state())));
        shown_state_ = client_.state();
    }
    while (const auto message = client_.next_output()) {
        // What cannot be sent is sent again at the client's next deadline.
        const auto sent = socket_.broadcast(dhcp4::wrap_broadcast(message->payload));
        trouble_ = sent ? std::string() : sent.error().message();
    }
    if (const auto deadline = client_.next_deadline()) {
        timer_->arm(*deadline);
    } else {
        timer_->cancel();
    }
    if (client_.state() == dhcp4::State::bound && on_lease_) {
        std::exchange(on_lease_, nullptr)(client_.lease());
    }
}

std::string DhcpSession::status() const {
    if (!trouble_.empty()) return trouble_;
    const bool requested = client_.state() == dhcp4::State::requesting;
    const unsigned sent = client_.messages_sent();
    return cat("no DHCP answer", requested ? " to the request" : "", ", ", sent,
               sent == 1 ? " message sent" : " messages sent");
}

}  // namespace nbdroot::agent::network
