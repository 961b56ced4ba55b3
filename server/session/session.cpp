#include "server/session/session.h"

#include <array>
#include <new>
#include <utility>

#include "lib/base/text.h"
#include "lib/sys/gathered_stream.h"
#include "lib/sys/stream.h"

namespace nbdroot::server::session {
namespace {

// Enough to tell the boots of a room apart, too little to come in with.
constexpr std::size_t kShownTokenCharacters = 8;

}  // namespace

Session::Session(Surroundings& surroundings, sys::Accepted accepted, Id id)
    : surroundings_(surroundings),
      id_(id),
      socket_(std::move(accepted.fd)),
      peer_(std::move(accepted.peer)),
      address_(accepted.address),
      negotiation_(std::make_unique<Negotiation>(
          surroundings.exports, surroundings.draining, surroundings.tally, address_,
          surroundings.service.get(), surroundings.image_root)),
      began_(surroundings.loop.now()),
      last_seen_(began_) {}

Result<void> Session::start() {
    ++surroundings_.tally.connections;
    io::Loop& loop = surroundings_.loop;
    watch_ = NBDROOT_TRY(loop.watch(socket_.get(), {.readable = true}, [this](io::Ready ready) {
        guarded([this, ready] { on_ready(ready); });
    }));
    deadline_ = loop.timer([this] { guarded([this] { on_deadline(); }); });
    next_turn_ = loop.timer([this] { guarded([this] { step(); }); });
    handshake_ends_ = loop.now() + surroundings_.handshake_limit;
    deadline_->arm(handshake_ends_);
    guarded([this] { step(); });
    return {};
}

// Memory that cannot be had costs the client that needs it its connection, and nobody else
// anything. Never an error reply: it comes back, and sends again what was not answered.
void Session::guarded(const std::function<void()>& work) {
    const auto self = shared_from_this();
    try {
        work();
    } catch (const std::bad_alloc&) {
        surroundings_.scratch.replies.clear();  // what it has written there, half perhaps
        end("closed: no memory for what it asks");
    }
}

void Session::resume() {
    in_changed_ = false;
    guarded([this] { step(); });
}

void Session::drain(const std::string& reason) {
    const auto self = shared_from_this();
    drain_reason_ = reason;
    if (phase_ == Phase::negotiating) return end(reason);
    step();
}

ClientView Session::view() const {
    using State = ClientView::State;
    ClientView view{.id = id_, .peer = peer_, .since = began_, .last_seen = last_seen_};
    if (transmission_) {
        view.traffic = transmission_->traffic();
        view.in_flight = transmission_->in_flight();
    } else if (entrance_) {
        view.export_name = entrance_->export_name();
    }
    if (const auto* const target = this->target()) {
        view.export_name = target->name();
        view.image_id = target->image_id();
        view.writes = target->is_writable();
    }
    view.boot_token = boot_token_;
    view.state = phase_ == Phase::transmitting  ? State::active
                 : phase_ != Phase::negotiating ? State::closing
                 : entrance_                    ? State::waiting
                                                : State::handshake;
    return view;
}

const export_::Export* Session::target() const {
    if (transmission_) return &transmission_->target();
    return entrance_ ? entrance_->target() : nullptr;
}

void Session::end(const std::string& reason) {
    if (phase_ == Phase::closed) return;
    log_end(reason);
    phase_ = Phase::closed;
    watch_.reset();
    deadline_.reset();
    next_turn_.reset();
    socket_.reset();
    // Now, not when the last reference goes: somebody may wait for the seat.
    if (transmission_) {
        transmission_->end();
        surroundings_.tally.exports[transmission_->target().name()].ended +=
            transmission_->traffic();
    }
    transmission_.reset();
    entrance_.reset();
    admitted_ = {};
    surroundings_.ended(*this);
}

void Session::lose(const Error& error) {
    if (phase_ == Phase::negotiating) ++surroundings_.tally.handshakes_failed;
    end(cat("lost: ", error.reason));
}

void Session::log_end(const std::string& reason) {
    if (std::exchange(end_logged_, true)) return;
    if (!transmission_) {
        const bool refused = negotiation_ && reason == negotiation_->refusal();
        const auto more =
            refused ? surroundings_.refusals.on_refusal(peer_, reason, surroundings_.loop.now())
                    : std::optional<std::string>("");
        if (more) surroundings_.log.info(cat("client ", peer_, ": ", reason, *more));
        return;
    }
    const Traffic& traffic = transmission_->traffic();
    surroundings_.log.info(cat("client ", peer_, ": ", reason, "; export '",
                               transmission_->target().name(), "', ", traffic.requests(),
                               " requests, read ", base::human_size(traffic.read_bytes),
                               ", written ", base::human_size(traffic.written_bytes)));
}

void Session::on_deadline() {
    if (phase_ == Phase::lingering) return end("closed");
    ++surroundings_.tally.handshakes_timed_out;
    end(cat("no export chosen within ", surroundings_.handshake_limit / std::chrono::seconds(1),
            " s, closed"));
}

void Session::on_ready(io::Ready ready) {
    if (phase_ == Phase::lingering) return discard_input();
    if (ready.writable && !send()) return;
    if (ready.readable) receive();
    step();
}

void Session::receive() {
    if (!wants_bytes()) return;
    const ByteSpan payload = transmission_ ? transmission_->payload_place() : ByteSpan();
    const ByteSpan rest = surroundings_.scratch.received.span();
    std::array<iovec, 2> places{iovec{.iov_base = payload.data(), .iov_len = payload.size()},
                                iovec{.iov_base = rest.data(), .iov_len = rest.size()}};
    const auto got = sys::receive_scattered(socket_.get(), places);
    if (!got) return lose(got.error());
    if (got->ended) peer_ended_ = true;
    last_seen_ = surroundings_.loop.now();
    const std::size_t direct = std::min(got->bytes, payload.size());
    if (direct > 0) transmission_->payload_received(direct);
    on_bytes(rest.first(got->bytes - direct));
}

void Session::on_bytes(ByteView bytes) {
    if (input_.empty()) {
        const ByteView left = bytes.subspan(consume(bytes));
        input_.assign(left.begin(), left.end());
        return;
    }
    input_.insert(input_.end(), bytes.begin(), bytes.end());
    const auto used = static_cast<std::ptrdiff_t>(consume(input_));
    input_.erase(input_.begin(), input_.begin() + used);
    if (input_.empty()) input_ = Bytes();  // an idle client keeps no buffer
}

std::size_t Session::consume(ByteView bytes) {
    std::size_t used = 0;
    while (phase_ == Phase::negotiating) {
        // No further option while answers wait: each can be asked for with a few bytes.
        const ByteView next = output_.empty() ? bytes.subspan(used) : ByteView();
        used += negotiation_->on_bytes(next);
        on_negotiated();
        if (!entrance_ || !entrance_->is_decided()) break;
        heed_verdict();
    }
    if (phase_ == Phase::transmitting) used += transmission_->on_bytes(bytes.subspan(used));
    return used;
}

void Session::on_negotiated() {
    output_.push_copy(negotiation_->take_output());
    switch (negotiation_->state()) {
        case Negotiation::State::under_way:
            return;
        case Negotiation::State::waiting:
            return enter();
        case Negotiation::State::transmission:
            return begin_transmission();
        case Negotiation::State::closed:
            break;
    }
    std::string reason = negotiation_->reason();
    if (!reason.empty()) ++surroundings_.tally.handshakes_failed;
    if (reason.empty()) reason = negotiation_->refusal();
    linger(reason.empty() ? "asked and left, used no export" : reason);
}

// Time that it waits for others is not its own.
void Session::enter() {
    if (entrance_) return;
    entrance_ = std::make_shared<admission::Entrance>(surroundings_.reception, guest(),
                                                      negotiation_->take_wish());
    entrance_->begin();
    if (entrance_->is_decided()) return;
    handshake_left_ = handshake_ends_ - surroundings_.loop.now();
    deadline_->cancel();
}

void Session::resume_handshake() {
    handshake_ends_ = surroundings_.loop.now() + handshake_left_;
    deadline_->arm(handshake_ends_);
}

void Session::heed_verdict() {
    auto verdict = std::exchange(entrance_, nullptr)->take_verdict();
    if (!verdict) return negotiation_->refuse(std::move(verdict.error()));
    negotiation_->admit(*verdict);
    // It is told its token now.
    if (verdict->seat) verdict->seat->set_parting(export_::Lease::Parting::may_return);
    // Who only asked keeps nothing: the image may be another one when it comes in.
    if (verdict->stay) admitted_ = std::move(*verdict);
}

void Session::begin_transmission() {
    phase_ = negotiation_->service_subject() ? Phase::handing_over : Phase::transmitting;
    if (phase_ == Phase::handing_over) return;
    deadline_->cancel();
    auto target = std::move(admitted_.target);
    ++surroundings_.tally.exports[target->name()].admitted;
    const ReplyForm form(negotiation_->features());
    const std::string& machine = admitted_.machine_text;
    surroundings_.log.info(
        cat("client ", peer_, ": uses export '", base::printable(target->name()), "'",
            negotiation_->returns() ? " again" : "",
            machine.empty() ? cat(" (", target->image().path(), ')') : cat(", ", machine)));
    boot_token_ = admitted_.boot_token.substr(0, kShownTokenCharacters);
    const bool returns = negotiation_->returns();
    negotiation_.reset();
    transmission_ = std::make_shared<Transmission>(
        std::move(target), std::exchange(admitted_.seat, nullptr), surroundings_.scratch.replies,
        output_,
        [this] {
            if (!std::exchange(in_changed_, true)) {
                surroundings_.changed.push_back(weak_from_this());
            }
        },
        form);
    transmission_->belong_to(admitted_.boot_token, returns);
}

// One step of whatever is next; every event ends here.
void Session::step() {
    if (phase_ == Phase::closed) return;
    if (phase_ == Phase::negotiating && entrance_ && entrance_->is_decided()) {
        heed_verdict();
        on_bytes({});
    }
    if (phase_ == Phase::negotiating) on_negotiated();
    if ((transmission_ || has_options()) && !input_.empty() && output_.empty()) on_bytes({});
    if (transmission_) transmission_->advance();
    if (send() && !finish()) update_waits();
}

// False: the connection is lost, the session has ended.
bool Session::send() {
    ReplyArena& replies = surroundings_.scratch.replies;
    const auto sent = output_.send(socket_.get(), replies.view());
    replies.clear();
    if (!sent) lose(sent.error());
    return sent.has_value();
}

// True: the session has ended, or needs nothing but its end.
bool Session::finish() {
    if (phase_ == Phase::handing_over) return hand_over();
    if (transmission_ && transmission_->broken()) {
        end(cat("closed: ", transmission_->broken()->message()));
        return true;
    }
    if (phase_ == Phase::negotiating && peer_ended_ && !has_options()) {
        const std::string& refusal = negotiation_->refusal();
        if (refusal.empty()) ++surroundings_.tally.handshakes_failed;
        end(refusal.empty() ? "left before it chose an export" : refusal);
        return true;
    }
    if (entrance_ && input_.size() > kMaximumEarlyBytes) {
        end("sent more than a client can mean before it is answered, closed");
        return true;
    }
    if (phase_ != Phase::transmitting || !quiet()) return phase_ == Phase::closed;
    if (transmission_->disconnected()) {
        end("disconnected");
    } else if (peer_ended_) {
        end("left without saying so");
    } else if (drain_reason_) {
        linger(*drain_reason_);
    }
    return phase_ == Phase::closed;
}

// Nothing is left to answer or to send.
bool Session::quiet() const { return output_.empty() && transmission_->idle() && !has_work(); }

// Closing with unread bytes in the socket would make the kernel reset the connection and forget
// what the client has not yet been sent.
void Session::linger(const std::string& reason) {
    log_end(reason);
    phase_ = Phase::lingering;
    deadline_->arm(surroundings_.loop.now() + kLingerLimit);
}

void Session::discard_input() {
    if (!send()) return;
    const auto got = sys::receive_some(socket_.get(), surroundings_.scratch.received.span(), peer_);
    if (!got || (*got && **got == 0)) return end("closed");
    update_waits();
}

bool Session::wants_bytes() const {
    if (phase_ == Phase::lingering) return true;
    if (peer_ended_ || drain_reason_ || !output_.empty()) return false;
    if (!transmission_) return phase_ == Phase::negotiating && !has_options();
    return transmission_->may_take() && !has_work();
}

// Options that were received wait for the answers before them to be taken.
bool Session::has_options() const {
    return phase_ == Phase::negotiating && !entrance_ && !input_.empty();
}

// Bytes that were received can be used without waiting for anything.
bool Session::has_work() const {
    if (!transmission_) return false;
    if (transmission_->reading_on()) return true;
    if (transmission_->is_held_up()) return false;
    return !transmission_->disconnected() && !input_.empty() && transmission_->can_use(input_);
}

void Session::update_waits() {
    if (phase_ == Phase::lingering && output_.empty() && !std::exchange(sending_ended_, true)) {
        // Fails only where the connection is gone: reading will say so.
        (void)sys::shut_down_sending(socket_.get(), peer_);
    }
    watch_->set_interest({.readable = wants_bytes(), .writable = !output_.empty()});
    const bool now = phase_ == Phase::transmitting && has_work() &&
                     (transmission_->may_take() || transmission_->reading_on());
    // The others first: the loop sees to them before it comes back here.
    if (output_.empty() && (now || has_options())) next_turn_->arm(surroundings_.loop.now());
}

}  // namespace nbdroot::server::session
