// agent/attach/attempt.cpp on the simulated network: the same machines, limits and outcomes.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "agent/attach/first_blocks.h"
#include "agent/attach/identity.h"
#include "agent/attach/retry.h"
#include "lib/protocol/nbd/client_handshake.h"
#include "tests/sim/net.h"

namespace nbdroot::sim {

class Attempt {
public:
    struct Connection {
        std::shared_ptr<Socket> socket;
        agent::attach::Identity identity;
        protocol::nbd::ExportInfo info;
    };
    using Outcome = std::variant<Connection, agent::attach::Retry::Failure>;
    using Done = std::function<void(Outcome)>;

    static constexpr Duration kConnectLimit{3'000};
    static constexpr Duration kNegotiateLimit{30'000};

    // DONE may destroy this.
    Attempt(Env& env, Net& net, std::size_t host, std::optional<agent::attach::Identity> expected,
            Done done);

    [[nodiscard]] Instant deadline() const { return deadline_at_; }

private:
    void on_connected(std::unique_ptr<Socket> socket);
    void on_ready();
    void go_on();
    void write();
    void look_at_handshake();
    void look_at_blocks();
    void on_negotiated(const protocol::nbd::ExportInfo& info);
    void compare(ByteView first_blocks);
    void arm(Duration limit);
    void end(Outcome outcome);
    void fail_with(std::string reason, bool is_lasting = false);

    Env& env_;
    std::size_t host_;
    std::optional<agent::attach::Identity> expected_;
    Done done_;
    protocol::nbd::ClientHandshake handshake_;
    protocol::nbd::ExportInfo info_;
    std::optional<agent::attach::FirstBlocks> blocks_;
    std::shared_ptr<Socket> socket_;
    ByteQueue unsent_;
    bool ended_ = false;
    Instant deadline_at_;
    Timer deadline_;
    std::unique_ptr<Net::Connecting> connecting_;
};

}  // namespace nbdroot::sim
