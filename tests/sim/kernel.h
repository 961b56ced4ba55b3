// The kernel's nbd driver as the agent meets it: behind a socket pair (relay), or with a TCP socket
// of its own (netlink).
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>

#include "lib/base/result.h"
#include "tests/sim/load.h"
#include "tests/sim/reply_reader.h"
#include "tests/sim/tcp.h"

namespace nbdroot::sim {

// Draws requests at random times.
class Issuer {
public:
    Issuer(Env& env, Load& load, Duration longest_pause, std::function<void(Load::Tag)> send);

private:
    void issue();

    Env& env_;
    Load& load_;
    Duration longest_pause_;
    std::function<void(Load::Tag)> send_;
    Timer timer_;
};

// Between the driver and the relay; outlives the session process.
struct SocketPair {
    static constexpr std::size_t kBytes = 16 << 10;

    ByteQueue requests{};
    ByteQueue replies{};
    std::function<void()> relay_ready{};  // may be empty
};

class RelayedKernel {
public:
    RelayedKernel(Env& env, Load& load, Duration longest_pause, SocketPair& pair);

    // The relay has read or written.
    void on_ready();

private:
    void send(Load::Tag tag);
    void write();
    void read();

    Env& env_;
    Load& load_;
    SocketPair& pair_;
    std::map<Load::Tag, std::uint64_t> cookies_;
    std::uint32_t generation_ = 0;
    ByteQueue unsent_;
    ReplyReader reader_;
    Timer reading_;
    Timer writing_;
    Issuer issuer_;
};

// drivers/block/nbd.c with one connection, NBD_ATTR_TIMEOUT 0 and queue/io_timeout 2 s: a request
// sent on a socket that was replaced is sent again when its timer next expires.
class DirectKernel {
public:
    using Dead = std::function<void(const std::shared_ptr<Socket>&, const char* why)>;

    DirectKernel(Env& env, Load& load, Duration longest_pause, Dead dead);

    // RECONFIGURE: replaces only a dead socket.
    [[nodiscard]] Result<void> install(std::shared_ptr<Socket> socket);

private:
    struct Command {
        std::uint64_t cookie = 0;
        std::uint64_t connection = 0;  // sent on; 0: not sent
        std::uint64_t timer = 0;
    };

    void send(Load::Tag tag);
    void write();
    void read();
    [[nodiscard]] bool take_replies();
    void expire(Load::Tag tag, std::uint64_t timer);
    void mark_dead(const char* why);

    Env& env_;
    Load& load_;
    Dead on_dead_;
    std::shared_ptr<Socket> socket_;
    std::uint64_t connection_ = 0;
    bool dead_ = true;
    std::uint64_t timers_ = 0;
    std::uint32_t generation_ = 0;
    std::map<Load::Tag, Command> commands_;
    std::deque<Load::Tag> waiting_;  // to be sent, in order; the first perhaps in part
    ByteQueue unsent_;               // of the first
    ReplyReader reader_;
    Issuer issuer_;
};

}  // namespace nbdroot::sim
