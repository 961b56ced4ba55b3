// One attempt at one server: connect, negotiate where nobody else does, look whether it serves what
// this boot began with, hand over or say why not.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <variant>

#include "agent/attach/first_blocks.h"
#include "agent/attach/identity.h"
#include "agent/attach/negotiate.h"
#include "agent/attach/retry.h"
#include "lib/io/loop.h"
#include "lib/protocol/nbd/client_handshake.h"
#include "lib/sys/socket_address.h"
#include "lib/sys/tcp_client.h"

namespace nbdroot::agent::attach {

// Of several attempts at once.
struct AmongOthers {
    sys::Path path = {};
    // Asked once, when the server has accepted. False: it waits for negotiate(). Without it
    // nobody is asked.
    std::function<bool()> may_negotiate = {};
};

class Attempt {
public:
    using Outcome = std::variant<Connection, Retry::Failure>;
    using Done = std::function<void(Outcome)>;

    // DONE is called once, from LOOP and never from here; it may destroy this. GIVE_UP_AT bounds
    // what LIMITS allow. EXPECTED is the identity of this boot's connections, nullopt at the first
    // of them: where it has a canonical name, that is asked for. A server that offers something
    // else is a lasting failure with the code ESTALE.
    Attempt(io::Loop& loop, const Server& server, const Limits& limits,
            std::optional<Instant> give_up_at, std::optional<Identity> expected, Done done,
            AmongOthers among = {});

    // For one that waits. DONE is not called from here.
    void negotiate();

    // The server has accepted the TCP connection.
    [[nodiscard]] bool is_negotiating() const { return phase_ == Phase::negotiating; }

private:
    enum class Phase { connecting, waiting, negotiating };

    void begin(const sys::SocketAddress& address, const sys::Path& path);
    void on_ready(io::Ready ready);
    void on_deadline();
    void on_connected();
    void on_closed();
    void read_input();
    void write_output();
    void check_handshake();
    void check_first_blocks();
    void on_negotiated(const protocol::nbd::ExportInfo& info);
    void on_refused(const protocol::nbd::ClientHandshake::Refused& refused);
    void on_unreadable(const Error& error);
    void compare(ByteView first_blocks);
    [[nodiscard]] std::string canonical_name() const;
    void hand_over(Identity identity);
    void arm(Duration limit);
    void fail_with(Error error, bool is_lasting = false, bool is_cut_short = false);

    io::Loop& loop_;
    config::Target server_;
    std::string name_;
    Limits limits_;
    std::optional<Instant> give_up_at_;
    Done done_;
    std::function<bool()> may_negotiate_;
    Phase phase_ = Phase::connecting;
    sys::Fd socket_;
    protocol::nbd::ClientHandshake handshake_;
    std::optional<Identity> expected_;
    protocol::nbd::ExportInfo info_;     // once negotiated
    std::optional<FirstBlocks> blocks_;  // once they are being read
    std::string warning_;
    bool ended_ = false;  // the server closed the connection
    Bytes unsent_;
    std::optional<Error> early_error_;  // begin() failed; reported by the next turn of the loop
    std::unique_ptr<io::Timer> deadline_;
    std::unique_ptr<io::Watch> watch_;  // last: it must go before its socket
};

}  // namespace nbdroot::agent::attach
