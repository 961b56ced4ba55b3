// The relay between the kernel's nbd driver and a server that comes and goes: pure, on a store that
// outlives the process (relay_store.h says how).
//
// Every request is kept until its reply is whole, and sent again, in order, on each new connection.
// A reply goes to the kernel only once it is there entirely, so a connection may break anywhere. A
// request is passed on while its data still arrive. With the store full nothing more is taken from
// the kernel. After the start nothing is allocated but the words of an Error.
//
// The caller moves the bytes: it asks for places, makes one system call, and says what it moved. On
// the kernel's socket the system call itself writes that into the record it is given.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "agent/resident/relay_store.h"
#include "agent/resident/request_index.h"
#include "agent/resident/stall.h"
#include "lib/base/result.h"
#include "lib/protocol/nbd/transmission.h"

namespace nbdroot::agent::resident {

struct RelayCounters {
    std::uint64_t in_flight = 0;   // requests taken from the kernel (whole or in part), unanswered
    std::uint64_t kept_bytes = 0;  // in the request ring
    std::uint64_t replies = 0;     // from a server, whole
    std::uint64_t resent = 0;      // requests that another connection had seen in part at least
    std::uint64_t failed = 0;      // answered with EIO by fail_kept_requests()

    bool operator==(const RelayCounters&) const = default;
};

struct WaitingRequest {
    protocol::nbd::Request request;
    Duration waits{};  // since it came from the kernel, or since the process before this one ended

    bool operator==(const WaitingRequest&) const = default;
};

class Relay {
public:
    // Takes over what STORE has, from a process that may have ended anywhere; not connected. NOW is
    // since when its requests wait, as far as this process knows.
    Relay(RelayStore store, Instant now);
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

    // When what follows happens: requests have an age for people, and for the timeout.
    void set_time(Instant now) { now_ = now; }

    // What the next system call on the kernel's socket is to fill, or to send from.
    struct KernelTransfer {
        Pieces places;
        sys::TransferRecord& record;
    };

    // From the kernel: kernel_space(), the call, kernel_received().
    [[nodiscard]] bool wants_kernel_bytes() const;
    [[nodiscard]] KernelTransfer kernel_space();
    void kernel_received();
    // What the kernel sent cannot be: the device is lost, and nothing more is taken from it.
    [[nodiscard]] const std::optional<Error>& kernel_error() const { return kernel_error_; }

    // To the kernel: kernel_output(), the call, kernel_sent().
    [[nodiscard]] bool has_kernel_output() const { return delivered_ != store_.committed(); }
    [[nodiscard]] KernelTransfer kernel_output();
    void kernel_sent();

    // A connection on which the handshake is done; sending begins with the oldest unanswered
    // request.
    void on_connected();
    // Drops the part of a reply that was received.
    void on_disconnected();
    [[nodiscard]] bool is_connected() const { return connected_; }

    [[nodiscard]] bool has_server_output() const { return connected_ && sent_ != output_end(); }
    [[nodiscard]] Pieces server_output() const;
    void server_sent(std::size_t count);

    [[nodiscard]] bool wants_server_bytes() const;
    [[nodiscard]] Pieces server_space() const;
    // An Error is a server that leaves (ESHUTDOWN) or lies: on_disconnected() must follow. Nothing
    // of the reply in question has reached the kernel, its request is kept.
    [[nodiscard]] Result<void> server_received(std::size_t count);

    // Answers every whole request with EIO, and all that come, until on_connected(). Not while
    // connected.
    void fail_kept_requests();

    // The kernel has sent NBD_CMD_DISC; the device ends once that has been sent on.
    [[nodiscard]] bool disconnect_wanted() const { return disconnect_wanted_; }

    // What was sent to the server ends where a request does.
    [[nodiscard]] bool is_between_requests() const { return sent_ == scanned_; }

    [[nodiscard]] RelayCounters counters() const;
    // Of all that came from the kernel.
    [[nodiscard]] const RequestCounts& requests() const { return store_.counters().requests; }

    // nullopt: nothing waits for an answer.
    [[nodiscard]] std::optional<OldestRequest> oldest() const;
    // Those that wait, oldest first, at most MAXIMUM of them.
    [[nodiscard]] std::vector<WaitingRequest> waiting(std::size_t maximum) const;

private:
    void scan_requests();
    [[nodiscard]] bool keep_request(std::uint64_t begin);
    void count_request(std::uint64_t begin, protocol::nbd::Command command);
    [[nodiscard]] bool release_answered();
    void settle();

    void skip_answered();
    [[nodiscard]] std::uint64_t output_end() const;

    [[nodiscard]] Result<bool> take_reply();
    void answer(std::uint64_t number, std::uint64_t reply_end);
    void fail_requests();

    [[nodiscard]] std::uint64_t largest_data() const;

    RelayStore store_;
    RequestIndex index_;
    std::uint64_t received_;        // from the kernel
    std::uint64_t scanned_;         // where the next request begins, received or not
    std::uint64_t delivered_;       // to the kernel
    std::uint64_t arrived_;         // from the server; behind committed() it is part of a reply
    std::uint64_t sent_ = 0;        // to the server
    std::uint64_t sending_ = 0;     // number of the request that sent_ lies in
    std::uint64_t unanswered_ = 0;  // in the index
    bool connected_ = false;
    bool failing_ = false;
    bool disconnect_wanted_ = false;
    std::optional<Error> kernel_error_;
    Instant now_;
    Instant connected_at_;
    Instant replied_at_;  // on this connection
};

}  // namespace nbdroot::agent::resident
