#include "lib/protocol/dhcp4/client.h"

#include <algorithm>
#include <array>
#include <utility>

#include "lib/base/ipv4.h"
#include "lib/base/text.h"

namespace nbdroot::protocol::dhcp4 {
namespace {

// RFC 2131 section 4.1 starts at 4 s and doubles up to 64. A machine that boots waits for nothing
// else, so: two tries soon after the first (the other end of a link that has just come up often
// loses a frame), then every second, then 2, 4, 8 and every 8 s for ever, each a quarter more or
// less, so that machines switched on together drift apart.
constexpr std::array kFirstRetries = {Duration{250}, Duration{500}};
constexpr Duration kQuickPhase{10'000};
constexpr Duration kQuickRetry{1'000};
constexpr Duration kSlowestRetry{8'000};
constexpr unsigned kSpreadDivisor = 4;

// Then the offer is thought lost and DISCOVER is sent again.
constexpr unsigned kRequestLimit = 6;

// The largest message we take: an Ethernet frame's worth without IP and UDP headers.
constexpr std::uint16_t kMaximumMessageBytes = 1472;

constexpr std::string_view kVendorClass = "nbdroot";

// domain_search and time_servers are for the running system, not for the boot.
constexpr std::array kWanted = {
    OptionCode::subnet_mask,
    OptionCode::router,
    OptionCode::name_servers,
    OptionCode::host_name,
    OptionCode::domain_name,
    OptionCode::root_path,
    OptionCode::mtu,
    OptionCode::broadcast_address,
    OptionCode::time_servers,
    OptionCode::lease_seconds,
    OptionCode::server_identifier,
    OptionCode::renewal_seconds,
    OptionCode::rebinding_seconds,
    OptionCode::domain_search,
    OptionCode::classless_routes,
};

Failure ignored(std::string_view reason) { return fail("read", "DHCP message", reason); }

}  // namespace

const char* name_of(State state) {
    switch (state) {
        case State::init:
            return "init";
        case State::selecting:
            return "selecting";
        case State::requesting:
            return "requesting";
        case State::bound:
            return "bound";
    }
    return "unknown";
}

void Client::start(Instant now) {
    started_ = now;
    messages_sent_ = 0;
    slow_retries_ = 0;
    discover(now);
}

void Client::on_time(Instant now) {
    if (!deadline_ || now < *deadline_) return;
    switch (state_) {
        case State::init:
        case State::selecting:
            discover(now);
            break;
        case State::requesting:
            if (requests_sent_ < kRequestLimit) {
                request(now);
            } else {
                discover(now);
            }
            break;
        case State::bound:
            deadline_.reset();
            break;
    }
}

Result<void> Client::on_message(ByteView payload, Instant now) {
    const Message message = NBDROOT_TRY(parse_message(payload));
    if (!message.is_reply) return ignored("not a reply");
    if (message.mac != identity_.mac) {
        return ignored(cat("for another machine, ", base::format_mac(message.mac)));
    }
    if (message.transaction != transaction_) return ignored("of another transaction");
    switch (state_) {
        case State::selecting:
            return on_offer(message, now);
        case State::requesting:
            return on_answer(message, now);
        case State::init:
        case State::bound:
            break;
    }
    return ignored(cat("not expected in state ", name_of(state_)));
}

std::optional<Bytes> Client::next_output() { return std::exchange(output_, std::nullopt); }

// A retry keeps its transaction number, so that a slow server's answer to the first try counts.
void Client::discover(Instant now) {
    if (state_ != State::selecting) transaction_ = random_();
    state_ = State::selecting;
    requests_sent_ = 0;
    const auto elapsed_seconds = (now - started_).count() / 1000;
    seconds_ = static_cast<std::uint16_t>(
        std::clamp<decltype(elapsed_seconds)>(elapsed_seconds, 0, UINT16_MAX));
    send(MessageType::discover, now);
}

// RFC 2131 section 4.4.1: the same seconds as the DISCOVER that it belongs to.
void Client::request(Instant now) {
    state_ = State::requesting;
    ++requests_sent_;
    send(MessageType::request, now);
}

// The broadcast flag stays clear: we hear frames to our hardware address without having an IP
// address, and some networks filter broadcasts.
void Client::send(MessageType type, Instant now) {
    Message message;
    message.transaction = transaction_;
    message.seconds = seconds_;
    message.mac = identity_.mac;
    message.add_u8(OptionCode::message_type, static_cast<std::uint8_t>(type));
    if (!identity_.client_id.empty()) {
        message.add(OptionCode::client_identifier, base::as_bytes(identity_.client_id));
    }
    if (type == MessageType::request) {
        message.add_u32(OptionCode::requested_address, lease_.address);
        message.add_u32(OptionCode::server_identifier, lease_.server);
    }
    if (!identity_.host_name.empty()) {
        message.add(OptionCode::host_name, base::as_bytes(identity_.host_name));
    }
    message.add_u16(OptionCode::maximum_size, kMaximumMessageBytes);
    message.add(OptionCode::vendor_class, base::as_bytes(kVendorClass));
    message.add(OptionCode::parameter_list, std::as_bytes(std::span(kWanted)));
    output_ = serialize(message);
    ++messages_sent_;
    deadline_ = now + retry_after(now);
}

Duration Client::retry_after(Instant now) {
    Duration base = kQuickRetry;
    if (messages_sent_ <= kFirstRetries.size()) base = kFirstRetries[messages_sent_ - 1];
    if (now - started_ >= kQuickPhase) {
        // 2, 4, 8, 8, …; the shift cannot overflow because the count stops there.
        slow_retries_ = std::min(slow_retries_ + 1, 3U);
        base = std::min(kSlowestRetry, kQuickRetry * (1 << slow_retries_));
    }
    const auto spread = static_cast<std::uint32_t>(base.count()) / kSpreadDivisor;
    return base - Duration(spread) + Duration(random_() % (2 * spread + 1));
}

Result<void> Client::on_offer(const Message& message, Instant now) {
    const auto type = message.u8(OptionCode::message_type);
    if (!type) return ignored("no message type (plain BOOTP is not spoken)");
    if (*type != static_cast<std::uint8_t>(MessageType::offer)) {
        return ignored(cat("message type ", *type, ", expected an offer"));
    }
    lease_ = NBDROOT_TRY(read_lease(message));
    request(now);
    return {};
}

Result<void> Client::on_answer(const Message& message, Instant now) {
    const auto type = message.u8(OptionCode::message_type).value_or(0);
    const auto server = message.u32(OptionCode::server_identifier);
    if (server != lease_.server) {
        return ignored(cat("from server ", base::format_ipv4(server.value_or(0)), ", asked ",
                           base::format_ipv4(lease_.server)));
    }
    if (type == static_cast<std::uint8_t>(MessageType::nak)) return on_nak(message, now);
    if (type != static_cast<std::uint8_t>(MessageType::ack)) {
        return ignored(cat("message type ", type, ", expected ACK or NAK"));
    }
    lease_ = NBDROOT_TRY(read_lease(message));
    state_ = State::bound;
    deadline_.reset();
    return {};
}

// Not at once: a server that refuses every time would be asked without pause.
Result<void> Client::on_nak(const Message& message, Instant now) {
    state_ = State::init;
    deadline_ = now + retry_after(now);
    const Bytes* text = message.find(OptionCode::text);
    const std::string words = text != nullptr ? base::printable(base::as_text(*text)) : "";
    return fail("request", base::format_ipv4(lease_.address),
                cat("server ", base::format_ipv4(lease_.server), " refused",
                    words.empty() ? "" : ": ", words));
}

}  // namespace nbdroot::protocol::dhcp4
