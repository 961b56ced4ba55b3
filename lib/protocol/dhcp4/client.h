// The client's side of RFC 2131 as a state machine: messages, time and random numbers in, messages
// and a lease out.
//
//   init --start--> selecting --OFFER--> requesting --ACK--> [checking] --> bound
//     ^                 ^ |                  |                   |            | ^  T1
//     |                 | '-- 6 requests ----'   somebody has    |            v | ACK
//     |                 |     unanswered         the address:    |        renewing --T2-->
//     rebinding |                 '---------- the lease's end -- (10 s) <--'            | <--ACK--
//     |
//     '------------------------------------ NAK ------------------------------'---------------'
//
// Checking is an ARP probe (RFC 5227), where it is asked for. INIT-REBOOT is left out: an initramfs
// remembers nothing, and who takes a lease over (resume) still has it. There is no RELEASE: the
// root needs its address until the machine is off. What becomes of an address whose lease was
// refused or has ended is the caller's business; this goes on asking.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "lib/base/bytes.h"
#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/protocol/dhcp4/lease.h"
#include "lib/protocol/dhcp4/message.h"
#include "lib/protocol/dhcp4/request.h"

namespace nbdroot::protocol::dhcp4 {

enum class State { init, selecting, requesting, checking, bound, renewing, rebinding };
[[nodiscard]] const char* name_of(State state);
// Of a client that has a lease and may use its address.
[[nodiscard]] bool has_lease(State state);

// With ClientOptions::prefers_root_path: how long the first offer, which has none, waits for
// another one. A second server on the same wire answers within milliseconds; one that pings the
// address first needs up to a second.
inline constexpr Duration kOfferPatience{1'000};

// RFC 2131 section 3.1: the least time between a DECLINE and the next DISCOVER.
inline constexpr Duration kDeclinePause{10'000};

// RFC 5227 section 2.1.1: after so many conflicts in a row no more than one address a minute is
// tried. Each DECLINE takes one from every other machine; something that answers for all of them
// would use up the network.
inline constexpr unsigned kConflictLimit = 10;
inline constexpr Duration kConflictPause{60'000};

// RFC 5227 has 3 probes, 1 to 2 s apart: 6 s of a boot, for machines on the other end of a wireless
// bridge. In a wired network an answer takes less than this.
inline constexpr Duration kProbeInterval{200};
inline constexpr unsigned kProbeLimit = 3;

struct Output {
    enum class Kind {
        broadcast,  // from SOURCE port 68 to every machine's port 67
        unicast,    // from SOURCE port 68 to DESTINATION port 67
        arp,        // to every machine
    };
    Kind kind = Kind::broadcast;
    Bytes payload;
    std::uint32_t source = 0;  // 0: there is no address yet
    std::uint32_t destination = UINT32_MAX;
};

class Client {
public:
    // RANDOM gives 32 random bits; it spreads transaction numbers and retries.
    Client(ClientOptions options, std::function<std::uint32_t()> random)
        : options_(std::move(options)), random_(std::move(random)) {}

    // Begins anew, whatever went before: when the link is ready, and when it is so again.
    void start(Instant now);

    // Takes over LEASE, which another client has got: as after its ACK, and as if it had been here
    // ever since. NOW may lie behind its end.
    void resume(Lease lease, Instant now);

    // A UDP payload that came to port 68. An Error says why it changed nothing, except for a NAK,
    // whose Error says what the server said.
    [[nodiscard]] Result<void> on_message(ByteView payload, Instant now);

    // An ARP packet. An Error: somebody else has the address, and the state is init.
    [[nodiscard]] Result<void> on_arp(ByteView packet, Instant now);

    // To be called at next_deadline(), or later.
    void on_time(Instant now);

    // What is to be sent next; nullopt: nothing.
    [[nodiscard]] std::optional<Output> next_output();

    // nullopt: nothing happens by time alone.
    [[nodiscard]] std::optional<Instant> next_deadline() const { return deadline_; }

    [[nodiscard]] State state() const { return state_; }
    // How often a message was sent since start(), or since the lease was last granted.
    [[nodiscard]] unsigned messages_sent() const { return messages_sent_; }
    // The one granted last; in states that have none it was refused or has ended.
    [[nodiscard]] const Lease& lease() const { return lease_; }
    // The message that granted it, from which read_lease() makes it again; empty after resume().
    [[nodiscard]] ByteView lease_message() const { return lease_message_; }

private:
    void begin(Instant now);
    void discover(Instant now);
    void request(Instant now);
    void request_first(Instant now);
    void probe(Instant now);
    void bind(Instant now);
    void renew(State state, Instant now);
    void ask_again(Instant now);
    void follow_lease(Instant now);
    void lose(std::uint32_t wished_address);
    void send(MessageType type, Instant now);
    [[nodiscard]] Result<void> on_offer(const Message& message, Instant now);
    [[nodiscard]] Result<void> on_answer(const Message& message, ByteView payload, Instant now);
    [[nodiscard]] Result<void> on_nak(const Message& message, Instant now);
    [[nodiscard]] Result<void> check_source(const Message& message) const;
    [[nodiscard]] Result<void> take(const Message& message, ByteView payload, Instant now);

    ClientOptions options_;
    std::function<std::uint32_t()> random_;
    State state_ = State::init;
    Instant started_{};   // of the exchange that goes on
    Instant asked_at_{};  // the request whose answer is awaited; of several for an offer the first
    std::optional<Instant> deadline_;
    std::optional<Output> output_;
    std::uint32_t transaction_ = 0;
    std::uint16_t seconds_ = 0;
    unsigned messages_sent_ = 0;
    unsigned requests_sent_ = 0;  // for this offer
    unsigned probes_sent_ = 0;
    unsigned conflicts_ = 0;            // since the exchange began
    std::uint32_t wished_address_ = 0;  // asked for in DISCOVER: the one that we had; 0: none
    std::optional<Lease> offered_;      // what is asked for, then what is checked
    Lease lease_;
    Bytes offered_message_;
    Bytes lease_message_;
};

}  // namespace nbdroot::protocol::dhcp4
