// The network between the machine and its servers.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "tests/sim/tcp.h"

namespace nbdroot::sim {

class Net {
public:
    using Accept = std::function<void(std::unique_ptr<Socket>)>;
    // nullptr: refused.
    using Connected = std::function<void(std::unique_ptr<Socket>)>;

    Net(Env& env, std::size_t hosts, Duration longest_delay);

    // The kernel of HOST takes connections while ACCEPT is there.
    void listen(std::size_t host, Accept accept) { hosts_[host].accept = std::move(accept); }

    // Asks until somebody answers; forgotten with the result.
    class Connecting;
    [[nodiscard]] std::unique_ptr<Connecting> connect(std::size_t host, Connected connected);

    [[nodiscard]] const Link& link(std::size_t host) const { return hosts_[host].link; }
    void cut(std::size_t host, bool to_server, bool to_client);
    void heal(std::size_t host);
    // To which ends of all connections with HOST a reset is sent.
    void reset(std::size_t host, bool to_server, bool to_client);

private:
    struct Host {
        Link link{};
        Accept accept{};
        Instant cut_at{};
        std::vector<std::weak_ptr<Tcp>> connections{};
    };

    [[nodiscard]] std::vector<std::shared_ptr<Tcp>> connections(Host& host);

    Env& env_;
    std::vector<Host> hosts_;
};

class Net::Connecting {
public:
    Connecting(Net& net, std::size_t host, Connected connected);

private:
    void ask();
    void on_asked();
    void on_answered();

    Net& net_;
    std::size_t host_;
    Connected connected_;
    Duration again_{1'000};
    bool refused_ = false;
    Timer ask_;
    Timer asked_;
    Timer answered_;
};

}  // namespace nbdroot::sim
