#include "tests/sim/tcp.h"

#include <utility>

namespace nbdroot::sim {
namespace {

// Small, so that windows close.
constexpr std::size_t kSendBuffer = 64 << 10;
constexpr std::size_t kReceiveBuffer = 48 << 10;

constexpr Duration kKeepAlive{3'000};
constexpr std::uint32_t kLostProbes = 3;

}  // namespace

std::optional<std::size_t> Tcp::send(Side side, ByteView bytes) {
    End& own = end(side);
    if (own.reset || own.no_more) return std::nullopt;
    const std::size_t room = kSendBuffer - std::min(kSendBuffer, own.unarrived.size());
    const std::size_t count = env_.random.some_of(std::min(room, bytes.size()));
    own.unarrived.push(bytes.first(count));
    carry(side);
    // What did not fit into a short write is worth another try at once.
    if (count > 0 && count < bytes.size()) notify(side);
    return count;
}

Tcp::Read Tcp::receive(Side side, ByteSpan into) {
    End& own = end(side);
    if (own.arrived.empty()) {
        return {.over = own.reset || own.heard_end || own.shut, .reset = own.reset};
    }
    const bool was_full = room(other(side)) == 0;
    const std::size_t wanted = std::min(into.size(), own.arrived.size());
    const std::size_t count = own.arrived.read(into.first(env_.random.some_of(wanted)));
    if (was_full) carry(other(side));
    return {.count = count};
}

void Tcp::on_ready(Side side, Ready ready) {
    end(side).ready = std::move(ready);
    notify(side);
}

void Tcp::shut_down(Side side) {
    End& own = end(side);
    own.no_more = true;
    own.shut = true;
    carry(side);
    notify(side);
}

void Tcp::close(Side side) {
    End& own = end(side);
    if (std::exchange(own.closed, true)) return;
    own.ready = nullptr;
    own.no_more = true;
    // Unread bytes: the peer hears a reset instead of an end.
    if (!own.arrived.empty()) return abort(side);
    carry(side);
}

void Tcp::abort(Side side) {
    end(side).unarrived.clear();
    end(side).reset = true;
    send_reset(side);
}

bool Tcp::is_over(Side side) const {
    const End& own = end(side);
    return own.reset || own.heard_end || own.shut;
}

sys::TcpInfo Tcp::info(Side side) const {
    const End& own = end(side);
    const bool window_closed = room(side) == 0;
    const bool unacked = own.unacknowledged || (!own.unarrived.empty() && !window_closed);
    const Duration quiet = env_.schedule.now() - own.heard;
    return {.closed = own.reset,
            .peer_ended = own.heard_end,
            .unacked_segments = unacked ? 1U : 0U,
            .unsent_bytes = window_closed ? static_cast<std::uint32_t>(own.unarrived.size()) : 0,
            .unanswered_probes = own.unanswered_probes,
            .since_data = quiet,
            .since_ack = quiet};
}

// What the peer's kernel takes from SIDE.
std::size_t Tcp::room(Side side) const {
    return kReceiveBuffer - std::min(kReceiveBuffer, end(other(side)).arrived.size());
}

// Has the network bring the next bytes from FROM to the other end, if there are any.
void Tcp::carry(Side from) {
    End& sender = end(from);
    const End& receiver = end(other(from));
    if (sender.carrying || sender.reset || !link_.carries(from)) return;
    const bool has_bytes = !sender.unarrived.empty() && (room(from) > 0 || receiver.closed);
    const bool has_end =
        sender.no_more && sender.unarrived.empty() && !receiver.heard_end && !receiver.reset;
    if (!has_bytes && !has_end) return;
    sender.carrying = true;
    env_.schedule.after(env_.random.between(link_.shortest_delay, link_.longest_delay),
                        [self = shared_from_this(), from] {
                            self->end(from).carrying = false;
                            self->arrive(from);
                        });
}

void Tcp::arrive(Side from) {
    End& sender = end(from);
    End& receiver = end(other(from));
    if (!link_.carries(from) || sender.reset) return;  // lost; retransmit() tries again
    if (receiver.reset) return send_reset(other(from));
    if (receiver.closed || receiver.shut) {
        if (!sender.unarrived.empty()) return send_reset(other(from));
    }
    const std::size_t count = env_.random.some_of(std::min(room(from), sender.unarrived.size()));
    receiver.arrived.push(sender.unarrived.view().first(count));
    sender.unarrived.pop(count);
    if (sender.unarrived.empty() && sender.no_more) receiver.heard_end = true;
    receiver.heard = env_.schedule.now();
    acknowledge(from);
    notify(other(from));
    carry(from);
}

void Tcp::acknowledge(Side from) {
    End& sender = end(from);
    sender.unacknowledged = !link_.carries(other(from));
    if (sender.unacknowledged) return;
    sender.heard = env_.schedule.now();
    notify(from);
}

void Tcp::retransmit() {
    for (const Side side : {Side::client, Side::server}) {
        if (end(side).unacknowledged && link_.is_whole()) acknowledge(side);
        carry(side);
    }
}

// A reset is sent once: lost where the way is cut.
void Tcp::keep_alive(Side side) {
    env_.schedule.after(kKeepAlive, [weak = weak_from_this(), side] {
        const auto self = weak.lock();
        if (self && !self->is_over(side)) self->probe(side);
    });
}

// As Linux: where something sent is unacknowledged, probes end no connection; TCP itself would take
// a quarter of an hour.
void Tcp::probe(Side side) {
    End& own = end(side);
    const bool is_silent = env_.schedule.now() - own.heard >= kKeepAlive;
    const bool is_answered = is_silent && link_.is_whole();
    const bool is_idle = own.unarrived.empty() && !own.unacknowledged;
    if (is_answered && end(other(side)).reset) return reset(side);
    if (is_answered) own.heard = env_.schedule.now();
    own.unanswered_probes = is_silent && !is_answered ? own.unanswered_probes + 1 : 0;
    if (is_idle && own.unanswered_probes > kLostProbes) return reset(side);
    keep_alive(side);
}

void Tcp::send_reset(Side from) {
    if (!link_.carries(from)) return;
    env_.schedule.after(env_.random.between(link_.shortest_delay, link_.longest_delay),
                        [self = shared_from_this(), from] {
                            if (self->link_.carries(from)) self->reset(other(from));
                        });
}

void Tcp::reset(Side side) {
    End& own = end(side);
    if (std::exchange(own.reset, true)) return;
    own.unarrived.clear();
    own.heard = env_.schedule.now();
    notify(side);
}

void Tcp::notify(Side side) {
    if (!end(side).ready || std::exchange(end(side).notified, true)) return;
    env_.schedule.after(Duration(0), [self = shared_from_this(), side] {
        self->end(side).notified = false;
        const Ready ready = self->end(side).ready;
        if (ready) ready();
    });
}

}  // namespace nbdroot::sim
