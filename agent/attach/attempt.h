// One attempt at one server: connect, negotiate, hand over or say why not.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <variant>

#include "agent/attach/negotiate.h"
#include "agent/attach/retry.h"
#include "lib/io/loop.h"
#include "lib/protocol/nbd/client_handshake.h"
#include "lib/sys/socket_address.h"

namespace nbdroot::agent::attach {

class Attempt {
public:
    using Outcome = std::variant<Connection, Retry::Failure>;
    using Done = std::function<void(Outcome)>;

    // DONE is called once, from LOOP and never from here; it may destroy this. GIVE_UP_AT bounds
    // what LIMITS allow.
    Attempt(io::Loop& loop, config::Target server, const sys::SocketAddress& address,
            const Limits& limits, std::optional<Instant> give_up_at, Done done);

private:
    enum class Phase { connecting, negotiating };

    void begin(const sys::SocketAddress& address);
    void on_ready(io::Ready ready);
    void on_deadline();
    void on_connected();
    void read_input();
    void write_output();
    void check_outcome();
    void hand_over(const protocol::nbd::ExportInfo& info);
    void arm(Duration limit);
    void fail_with(Error error, bool is_lasting = false, bool is_cut_short = false);

    io::Loop& loop_;
    config::Target server_;
    std::string name_;
    Limits limits_;
    std::optional<Instant> give_up_at_;
    Done done_;
    Phase phase_ = Phase::connecting;
    sys::Fd socket_;
    protocol::nbd::ClientHandshake handshake_;
    bool ended_ = false;  // the server closed the connection
    Bytes unsent_;
    std::optional<Error> early_error_;  // begin() failed; reported by the next turn of the loop
    std::unique_ptr<io::Timer> deadline_;
    std::unique_ptr<io::Watch> watch_;  // last: it must go before its socket
};

}  // namespace nbdroot::agent::attach
