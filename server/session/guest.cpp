// A session as its entrance and the door behind it need it: told of verdicts, ended, probed.
#include "lib/sys/gathered_stream.h"
#include "lib/sys/tcp_liveness.h"
#include "server/session/session.h"

namespace nbdroot::server::session {
namespace {

// A client whose place somebody wants is asked every second.
constexpr sys::Keepalive kProbing{.idle_s = 1, .interval_s = 1, .count = 3};

}  // namespace

admission::Guest Session::guest() {
    return {.peer = peer_,
            .address = address_,
            .decided =
                [weak = weak_from_this()] {
                    const auto self = weak.lock();
                    if (!self || self->phase_ != Phase::negotiating) return;
                    self->resume_handshake();
                    self->next_turn_->arm(self->surroundings_.loop.now());
                },
            .shut_down =
                [weak = weak_from_this()](const std::string& reason) {
                    if (const auto self = weak.lock()) self->end(reason);
                },
            .look = [weak = weak_from_this()]() -> export_::Pulse {
                const auto self = weak.lock();
                return self ? self->pulse() : export_::Pulse{.closed = true};
            },
            .probe =
                [weak = weak_from_this()](bool on) {
                    const auto self = weak.lock();
                    if (!self || !self->socket_) return;
                    // Where it cannot be set the silence is judged all the same.
                    (void)sys::set_keepalive(self->socket_.get(),
                                             on ? kProbing : sys::kServerKeepalive, self->peer_);
                }};
}

// What is no TCP connection cannot be probed: it lives until it ends.
export_::Pulse Session::pulse() const {
    if (!socket_) return {.closed = true};
    const auto info = sys::tcp_info(socket_.get(), peer_);
    return info ? export_::pulse_of(*info) : export_::Pulse{};
}

}  // namespace nbdroot::server::session
