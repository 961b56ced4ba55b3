// The client's side of RFC 2131 as a state machine: messages, time and random numbers in, messages
// and a lease out.
//
//   init --start--> selecting --OFFER--> requesting --ACK--> bound
//     ^------------------ NAK, or no answer to 6 requests ---'
//
// Bound is where it rests: renewing and rebinding, which begin at the lease's T1 and T2, become
// further states with the timeouts of bound as their way in. INIT-REBOOT is left out: an initramfs
// remembers nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "lib/base/bytes.h"
#include "lib/base/mac.h"
#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/protocol/dhcp4/lease.h"
#include "lib/protocol/dhcp4/message.h"

namespace nbdroot::protocol::dhcp4 {

enum class State { init, selecting, requesting, bound };
[[nodiscard]] const char* name_of(State state);

// What the client tells servers about this machine.
struct Identity {
    Mac mac{};
    std::string host_name;  // option 12; empty: not sent
    std::string client_id;  // option 61, raw bytes; empty: not sent, the MAC is the identity
};

class Client {
public:
    // RANDOM gives 32 random bits; it spreads transaction numbers and retries.
    Client(Identity identity, std::function<std::uint32_t()> random)
        : identity_(std::move(identity)), random_(std::move(random)) {}

    // Begins anew, whatever went before: when the link is ready, and when it is so again.
    void start(Instant now);

    // A UDP payload that came to port 68. An Error says why it changed nothing, except for a NAK,
    // whose Error says what the server said.
    [[nodiscard]] Result<void> on_message(ByteView payload, Instant now);

    // To be called at next_deadline(), or later.
    void on_time(Instant now);

    // The next message to broadcast from port 68 to port 67; nullopt: none.
    [[nodiscard]] std::optional<Bytes> next_output();

    // nullopt: nothing happens by time alone.
    [[nodiscard]] std::optional<Instant> next_deadline() const { return deadline_; }

    [[nodiscard]] State state() const { return state_; }
    // How often a message was sent since start().
    [[nodiscard]] unsigned messages_sent() const { return messages_sent_; }
    // Of state bound.
    [[nodiscard]] const Lease& lease() const { return lease_; }

private:
    void discover(Instant now);
    void request(Instant now);
    void send(MessageType type, Instant now);
    [[nodiscard]] Result<void> on_offer(const Message& message, Instant now);
    [[nodiscard]] Result<void> on_answer(const Message& message, Instant now);
    [[nodiscard]] Result<void> on_nak(const Message& message, Instant now);
    [[nodiscard]] Duration retry_after(Instant now);

    Identity identity_;
    std::function<std::uint32_t()> random_;
    State state_ = State::init;
    Instant started_{};
    std::optional<Instant> deadline_;
    std::optional<Bytes> output_;
    std::uint32_t transaction_ = 0;
    std::uint16_t seconds_ = 0;
    unsigned messages_sent_ = 0;
    unsigned slow_retries_ = 0;   // since the quick ones ended
    unsigned requests_sent_ = 0;  // for this offer
    Lease lease_;                 // offered, then granted
};

}  // namespace nbdroot::protocol::dhcp4
