#include "lib/protocol/dhcp4/client.h"

#include <algorithm>
#include <array>
#include <utility>

#include "lib/base/ipv4.h"
#include "lib/base/text.h"
#include "lib/protocol/arp/arp.h"
#include "lib/protocol/dhcp4/schedule.h"

namespace nbdroot::protocol::dhcp4 {
namespace {

Failure ignored(std::string_view reason) { return fail("read", "DHCP message", reason); }

std::string text_of(const Message& message) {
    const Bytes* text = message.find(OptionCode::text);
    return text != nullptr ? base::printable(base::as_text(*text)) : "";
}

bool is_type(const Message& message, MessageType type) {
    return message.u8(OptionCode::message_type) == static_cast<std::uint8_t>(type);
}

}  // namespace

const char* name_of(State state) {
    switch (state) {
        case State::init:
            return "init";
        case State::selecting:
            return "selecting";
        case State::requesting:
            return "requesting";
        case State::checking:
            return "checking";
        case State::bound:
            return "bound";
        case State::renewing:
            return "renewing";
        case State::rebinding:
            return "rebinding";
    }
    return "unknown";
}

bool has_lease(State state) {
    return state == State::bound || state == State::renewing || state == State::rebinding;
}

void Client::start(Instant now) {
    wished_address_ = has_lease(state_) ? lease_.address : 0;
    begin(now);
    discover(now);
}

void Client::begin(Instant now) {
    state_ = State::init;
    started_ = now;
    messages_sent_ = 0;
    conflicts_ = 0;
    offered_.reset();
    output_.reset();
}

void Client::resume(Lease lease, Instant now) {
    begin(now);
    lease_ = std::move(lease);
    lease_message_.clear();
    bind(now);
}

void Client::on_time(Instant now) {
    if (!deadline_ || now < *deadline_) return;
    switch (state_) {
        case State::init:
            return discover(now);
        case State::selecting:
            return offered_ ? request_first(now) : discover(now);
        case State::requesting:
            return requests_sent_ < kRequestLimit ? request(now) : discover(now);
        case State::checking:
            return probes_sent_ < kProbeLimit ? probe(now) : bind(now);
        case State::bound:
        case State::renewing:
        case State::rebinding:
            return follow_lease(now);
    }
}

std::optional<Output> Client::next_output() { return std::exchange(output_, std::nullopt); }

// A retry keeps its transaction number, so that a slow server's answer to the first try counts.
void Client::discover(Instant now) {
    if (state_ != State::selecting) transaction_ = random_();
    state_ = State::selecting;
    offered_.reset();
    send(MessageType::discover, now);
    deadline_ = now + discover_retry({.sent = messages_sent_,
                                      .elapsed = now - started_,
                                      .slowest = options_.slowest_retry,
                                      .random = random_()});
}

void Client::request_first(Instant now) {
    requests_sent_ = 0;
    asked_at_ = now;
    request(now);
}

void Client::request(Instant now) {
    state_ = State::requesting;
    ++requests_sent_;
    send(MessageType::request, now);
    deadline_ = now + request_retry(requests_sent_, random_());
}

void Client::probe(Instant now) {
    state_ = State::checking;
    ++probes_sent_;
    output_ = Output{.kind = Output::Kind::arp,
                     .payload = arp::serialize(arp::probe(options_.mac, offered_->address))};
    deadline_ = now + kProbeInterval;
}

void Client::bind(Instant now) {
    if (offered_) {
        lease_ = *std::exchange(offered_, std::nullopt);
        lease_message_ = std::move(offered_message_);
    }
    state_ = State::bound;
    messages_sent_ = 0;
    deadline_.reset();
    if (times_of(lease_)) deadline_ = renewal_start(lease_, now, random_());
}

void Client::follow_lease(Instant now) {
    const auto times = times_of(lease_);
    if (!times) return deadline_.reset();
    if (now >= times->end) {
        lose(lease_.address);
        begin(now);
        return discover(now);
    }
    if (now >= times->rebinding && state_ != State::rebinding) return renew(State::rebinding, now);
    if (state_ == State::bound) return renew(State::renewing, now);
    ask_again(now);
}

void Client::renew(State state, Instant now) {
    if (state_ == State::bound) started_ = now;
    state_ = state;
    ask_again(now);
}

// A transaction of its own for every try: hours may lie between two of them, and a lease counts
// from the request that was answered.
void Client::ask_again(Instant now) {
    transaction_ = random_();
    asked_at_ = now;
    send(MessageType::request, now);
    const auto times = times_of(lease_);
    if (!times) return;
    const Instant limit = state_ == State::renewing ? times->rebinding : times->end;
    deadline_ = renewal_retry(lease_, now, limit);
}

void Client::lose(std::uint32_t wished_address) {
    state_ = State::init;
    wished_address_ = wished_address;
}

// Without an address the broadcast flag is clear in every other message only: we hear frames to our
// hardware address without having an IP address, and some networks filter broadcasts; but some
// servers can answer only by broadcast. A request has the seconds of its DISCOVER (RFC 2131 section
// 4.4.1).
void Client::send(MessageType type, Instant now) {
    const bool renews = has_lease(state_);
    Request request{.type = type, .transaction = transaction_};
    if (type == MessageType::discover || renews) {
        const auto elapsed_seconds = (now - started_).count() / 1000;
        seconds_ = static_cast<std::uint16_t>(
            std::clamp<decltype(elapsed_seconds)>(elapsed_seconds, 0, UINT16_MAX));
    }
    request.seconds = type == MessageType::decline ? std::uint16_t{0} : seconds_;
    request.broadcast = !renews && type != MessageType::decline && messages_sent_ % 2 == 1;
    if (type == MessageType::discover) request.requested = wished_address_;
    if (offered_) {
        request.requested = offered_->address;
        request.server = offered_->server;
    }
    Output output;
    if (renews) {
        request.own_address = lease_.address;
        output.source = lease_.address;
    }
    if (state_ == State::renewing) {
        output.kind = Output::Kind::unicast;
        output.destination = lease_.server;
    }
    output.payload = serialize(make_request(options_, request));
    output_ = std::move(output);
    ++messages_sent_;
}

Result<void> Client::on_message(ByteView payload, Instant now) {
    const Message message = NBDROOT_TRY(parse_message(payload));
    if (!message.is_reply) return ignored("not a reply");
    if (message.mac != options_.mac) {
        return ignored(cat("for another machine, ", base::format_mac(message.mac)));
    }
    if (message.transaction != transaction_) return ignored("of another transaction");
    switch (state_) {
        case State::selecting:
            return on_offer(message, now);
        case State::requesting:
        case State::renewing:
        case State::rebinding:
            return on_answer(message, payload, now);
        case State::init:
        case State::checking:
        case State::bound:
            break;
    }
    return ignored(cat("not expected in state ", name_of(state_)));
}

Result<void> Client::on_offer(const Message& message, Instant now) {
    const auto type = message.u8(OptionCode::message_type);
    if (!type) return ignored("no message type (plain BOOTP is not spoken)");
    if (!is_type(message, MessageType::offer)) {
        return ignored(cat("message type ", *type, ", expected an offer"));
    }
    Lease lease = NBDROOT_TRY(read_lease(message));
    const bool is_first = !offered_;
    const bool is_enough = !options_.prefers_root_path || !lease.root_path.empty();
    if (!is_first && !is_enough) return ignored("another offer without root-path");
    offered_ = std::move(lease);
    if (is_enough) {
        request_first(now);
    } else {
        deadline_ = now + kOfferPatience;
    }
    return {};
}

// An ACK may come from another server than the offer: from one of several addresses of the same
// machine, or from its partner. Then it must grant what was asked for. While renewing only the
// lease's own server may refuse; while rebinding every one was asked.
Result<void> Client::check_source(const Message& message) const {
    const std::uint32_t server = message.u32(OptionCode::server_identifier).value_or(0);
    const std::uint32_t asked = offered_ ? offered_->server : lease_.server;
    if (server == asked || state_ == State::rebinding) return {};
    const std::uint32_t address = offered_ ? offered_->address : lease_.address;
    if (is_type(message, MessageType::ack) && message.your_address == address) return {};
    return ignored(
        cat("from server ", base::format_ipv4(server), ", asked ", base::format_ipv4(asked)));
}

Result<void> Client::on_answer(const Message& message, ByteView payload, Instant now) {
    NBDROOT_CHECK(check_source(message));
    if (is_type(message, MessageType::nak)) return on_nak(message, now);
    if (!is_type(message, MessageType::ack)) {
        return ignored(cat("message type ", message.u8(OptionCode::message_type).value_or(0),
                           ", expected ACK or NAK"));
    }
    return take(message, payload, now);
}

// An address that we have already answers ARP itself: no probe.
Result<void> Client::take(const Message& message, ByteView payload, Instant now) {
    Lease lease = NBDROOT_TRY(read_lease(message));
    lease.since = asked_at_;
    const bool is_held = lease_.address == lease.address;
    offered_ = std::move(lease);
    offered_message_.assign(payload.begin(), payload.end());
    if (options_.checks_address && !is_held) {
        probes_sent_ = 0;
        probe(now);
    } else {
        bind(now);
    }
    return {};
}

// Not at once: a server that refuses every time would be asked without pause.
Result<void> Client::on_nak(const Message& message, Instant now) {
    const std::uint32_t address = offered_ ? offered_->address : lease_.address;
    const std::uint32_t server = message.u32(OptionCode::server_identifier).value_or(0);
    if (has_lease(state_)) begin(now);
    offered_.reset();
    lose(0);
    deadline_ = now + discover_retry({.sent = messages_sent_ + 1,
                                      .elapsed = now - started_,
                                      .slowest = options_.slowest_retry,
                                      .random = random_()});
    const std::string words = text_of(message);
    return fail(
        "request", base::format_ipv4(address),
        cat("server ", base::format_ipv4(server), " refused", words.empty() ? "" : ": ", words));
}

Result<void> Client::on_arp(ByteView packet, Instant now) {
    if (state_ != State::checking) return {};
    const auto heard = arp::parse_packet(packet);
    if (!heard || !arp::is_conflict(*heard, options_.mac, offered_->address)) return {};
    const std::string address = base::format_ipv4(offered_->address);
    const std::string server = base::format_ipv4(offered_->server);
    state_ = State::init;
    send(MessageType::decline, now);
    lose(0);
    offered_.reset();
    ++conflicts_;
    deadline_ = now + (conflicts_ < kConflictLimit ? kDeclinePause : kConflictPause);
    return fail(
        "take", address,
        cat(base::format_mac(heard->sender_mac), " has it already; declined to server ", server));
}

}  // namespace nbdroot::protocol::dhcp4
