// One client of the simulated server.
#pragma once

#include <memory>
#include <string>

#include "tests/sim/server.h"

namespace nbdroot::sim {

class ServerSession : public std::enable_shared_from_this<ServerSession> {
public:
    ServerSession(Env& env, Server& server, std::unique_ptr<Socket> socket);

    void begin();
    void on_ready();

    // Where it is admitted: it waits until then.
    void admit(const protocol::nbd::ExportInfo& info);
    void refuse(const char* why);
    // Ended now: nothing is read or answered any more.
    void shut_down();
    void half_close() { socket_->end_sending(); }

    void answer(const protocol::nbd::Request& request, protocol::nbd::ErrorNumber error,
                ByteView data);

    [[nodiscard]] const std::string& token() const { return token_; }
    [[nodiscard]] sys::TcpInfo tcp_info() const { return socket_->info(); }

    std::uint64_t client = 0;  // as Lease knows it
    std::size_t running = 0;   // pieces of work

private:
    enum class State { negotiating, waiting, transmission, closed };

    void read();
    void process();
    void negotiate();
    void on_event(const protocol::nbd::ServerHandshake::Event& event);
    void on_wanted(const std::string& name);
    [[nodiscard]] bool take_request();
    void write();
    void send_lie(ByteView true_reply);

    Env& env_;
    Server& server_;
    std::unique_ptr<Socket> socket_;
    State state_ = State::negotiating;
    protocol::nbd::ServerHandshake handshake_;
    protocol::nbd::ExportInfo info_;
    std::string token_;
    ByteQueue input_;
    ByteQueue output_;
    std::uint64_t resets_after_ = 0;  // so many bytes of the handshake; 0: does not
    std::uint64_t seen_ = 0;
};

}  // namespace nbdroot::sim
