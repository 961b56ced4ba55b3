// A server: the real handshake and request checks, a disk in memory, threads that take their time,
// and the ways in which a server can fail.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/protocol/nbd/server_handshake.h"
#include "lib/protocol/nbd/transmission.h"
#include "server/export/lease.h"
#include "tests/sim/image.h"
#include "tests/sim/net.h"

namespace nbdroot::sim {

class ServerSession;

class Server {
public:
    struct Settings {
        std::size_t host = 0;
        bool fences = true;
        bool names = true;  // gives canonical names; false: somebody else's server
        Duration longest_work{20};
        std::uint64_t slow_work_percent = 0;  // takes up to kSlowWork
    };
    static constexpr Duration kSlowWork{3'000};

    Server(Env& env, Net& net, Settings settings);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // The program is started on IMAGE; SIGKILL; SIGSTOP; SIGCONT.
    void start(Image& image);
    void kill();
    void stop();
    void resume();
    // It ends what it sends on all connections, and goes on reading.
    void half_close();
    [[nodiscard]] bool is_started() const { return image_ != nullptr; }
    [[nodiscard]] bool is_stopped() const { return stopped_; }
    [[nodiscard]] bool serves(const Image& image) const { return image_ == &image && !stopped_; }
    [[nodiscard]] bool is_working() const { return !work_.empty(); }

    // One reply in so many is a lie; 0: none.
    std::uint64_t lies_one_in = 0;
    bool may_say_shutdown = false;  // of the lies
    // One connection in so many ends somewhere in the handshake; 0: none.
    std::uint64_t resets_one_in = 0;

private:
    friend class ServerSession;

    struct Work {
        std::weak_ptr<ServerSession> session;
        std::uint64_t client = 0;
        protocol::nbd::Request request;
        Bytes payload;
        bool due = false;  // while the program is stopped
    };

    void accept(std::unique_ptr<Socket> socket);
    void arrive(ServerSession& session);
    [[nodiscard]] std::string token_of(const std::string& asked);
    void close(const ServerSession& session);

    void begin_work(const std::shared_ptr<ServerSession>& session,
                    const protocol::nbd::Request& request, Bytes payload);
    void finish_work(std::uint64_t number);
    void execute(const Work& work, Bytes& data, std::size_t written_bytes);
    void vacate_if_over();

    // What server/export/door.cpp does with the decisions of Lease.
    using Lease = server::export_::Lease;
    void perform(const Lease::Actions& actions);
    void perform(const Lease::Admit& action);
    void perform(const Lease::Refuse& action);
    void perform(const Lease::ShutDown& action);
    void perform(const Lease::Probe& action);
    void perform(const Lease::EndProbe& action);
    void perform(const Lease::Wait& action);
    void look();
    void end_reservation();
    [[nodiscard]] std::shared_ptr<ServerSession> find(Lease::ClientId client) const;

    Env& env_;
    Net& net_;
    Settings settings_;
    Image* image_ = nullptr;
    bool stopped_ = false;
    std::optional<Lease> lease_;  // of a writable image, where there is fencing
    Timer look_;
    Timer reservation_;
    std::vector<std::shared_ptr<ServerSession>> sessions_;
    std::vector<std::unique_ptr<Socket>> backlog_;  // connections of a stopped program
    std::map<std::uint64_t, Work> work_;
    std::uint64_t work_count_ = 0;
    std::uint64_t client_count_ = 0;
};

}  // namespace nbdroot::sim
