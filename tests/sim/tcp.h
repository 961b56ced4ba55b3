// One TCP connection as its two processes and the network between them see it.
//
// Bytes sent lie with the sender's kernel until they arrive; a cut keeps them there, a closed end
// answers them with a reset. As with Linux, what has arrived can be read after a reset and after
// the other process has gone, and what a process sent before it closed still arrives.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>

#include "lib/sys/tcp_liveness.h"
#include "tests/sim/byte_queue.h"
#include "tests/sim/journal.h"

namespace nbdroot::sim {

enum class Side { client, server };
inline Side other(Side side) { return side == Side::client ? Side::server : Side::client; }

// The way between the machine and one server.
struct Link {
    bool to_server = true;
    bool to_client = true;
    Duration shortest_delay{0};
    Duration longest_delay{0};

    [[nodiscard]] bool carries(Side from) const {
        return from == Side::client ? to_server : to_client;
    }
    [[nodiscard]] bool is_whole() const { return to_server && to_client; }
};

class Tcp : public std::enable_shared_from_this<Tcp> {
public:
    using Ready = std::function<void()>;

    Tcp(Env& env, const Link& link) : env_(env), link_(link) {
        for (End& each : ends_) each.heard = env_.schedule.now();
    }

    // Probes from SIDE: after 3 s of silence, every 3 s, given up after the third.
    void keep_alive(Side side);

    struct Read {
        std::size_t count = 0;
        bool over = false;  // nothing will follow: the peer has closed, or the connection is broken
        bool reset = false;
    };
    // From the process at SIDE.
    [[nodiscard]] std::optional<std::size_t> send(Side side, ByteView bytes);  // nullopt: broken
    [[nodiscard]] Read receive(Side side, ByteSpan into);
    void on_ready(Side side, Ready ready);
    void shut_down(Side side);  // both directions
    void abort(Side side);      // with a reset
    void end_sending(Side side) { end(side).no_more = true, carry(side); }
    void close(Side side);

    [[nodiscard]] bool is_over(Side side) const;  // as a hang-up is: broken, or ended by the peer
    [[nodiscard]] sys::TcpInfo info(Side side) const;

    // The network: it carries again what it had lost; somebody in it sends a reset to SIDE.
    void retransmit();
    void reset(Side side);

private:
    // One process, its socket, and what it has sent.
    struct End {
        ByteQueue unarrived{};
        ByteQueue arrived{};   // for this end's process to read
        bool no_more = false;  // nothing is sent behind `unarrived`
        bool heard_end = false;
        bool unacknowledged = false;
        bool carrying = false;
        bool reset = false;
        bool shut = false;  // for reading
        bool closed = false;
        bool notified = false;
        std::uint32_t unanswered_probes = 0;
        Instant heard{};
        Ready ready{};
    };

    [[nodiscard]] End& end(Side side) { return ends_[static_cast<std::size_t>(side)]; }
    [[nodiscard]] const End& end(Side side) const { return ends_[static_cast<std::size_t>(side)]; }
    [[nodiscard]] std::size_t room(Side side) const;
    void carry(Side from);
    void arrive(Side from);
    void acknowledge(Side from);
    void send_reset(Side from);
    void notify(Side side);
    void probe(Side side);

    Env& env_;
    const Link& link_;
    std::array<End, 2> ends_;
};

// One end, owned by a process; gone with its last owner.
class Socket {
public:
    Socket(std::shared_ptr<Tcp> tcp, Side side) : tcp_(std::move(tcp)), side_(side) {}
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    ~Socket() { tcp_->close(side_); }

    [[nodiscard]] std::optional<std::size_t> send(ByteView bytes) {
        return tcp_->send(side_, bytes);
    }
    [[nodiscard]] Tcp::Read receive(ByteSpan into) { return tcp_->receive(side_, into); }
    // READY is called whenever something may have changed, and once for a start.
    void on_ready(Tcp::Ready ready) { tcp_->on_ready(side_, std::move(ready)); }
    void shut_down() { tcp_->shut_down(side_); }
    void abort() { tcp_->abort(side_); }
    void end_sending() { tcp_->end_sending(side_); }
    [[nodiscard]] bool is_over() const { return tcp_->is_over(side_); }
    [[nodiscard]] sys::TcpInfo info() const { return tcp_->info(side_); }

private:
    std::shared_ptr<Tcp> tcp_;
    Side side_;
};

}  // namespace nbdroot::sim
