// The socket of a service connection: bytes moved, deadlines kept.
//
// Belongs to a loop. What it may hold is bounded: one request, one answer, one window of output.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "lib/base/result.h"
#include "lib/io/loop.h"
#include "lib/sys/fd.h"
#include "server/service/asker.h"
#include "server/service/conversation.h"

namespace nbdroot::server::service {

struct Arrival {
    sys::Fd socket{};
    std::string peer{};
    std::optional<config::HostAddress> address{};
    std::string subject{};
    bool structured_replies = false;
    Bytes received{};  // behind its handshake
};

class Connection : public std::enable_shared_from_this<Connection> {
public:
    // Longest silence of a client that nothing is done for, or that does not ask for its answer.
    static constexpr Duration kIdleLimit = std::chrono::seconds(60);
    // A READ of an answer that takes longer is told so.
    static constexpr Duration kWait = std::chrono::seconds(5);

    using Handler =
        std::function<void(const Asker& asker, const std::string& request, Answer answer)>;
    // REASON for the log. The owner then drops it.
    using Ended = std::function<void(Connection& connection, const std::string& reason)>;

    Connection(io::Loop& loop, Arrival arrival, Handler handler, Ended ended);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    Result<void> start();
    [[nodiscard]] const Asker& asker() const { return asker_; }

private:
    void on_ready(io::Ready ready);
    void on_deadline();
    void on_answer(std::uint64_t request, Reply reply);
    [[nodiscard]] bool receive();
    void advance();
    void serve(const std::string& request);
    [[nodiscard]] bool send();
    void update_waits();
    void end(const std::string& reason);

    io::Loop& loop_;
    sys::Fd socket_;
    Asker asker_;
    std::shared_ptr<std::atomic<bool>> is_gone_ = std::make_shared<std::atomic<bool>>(false);
    Handler handler_;
    Ended ended_;
    Conversation conversation_;
    Bytes input_;
    Bytes output_;
    std::size_t sent_ = 0;
    std::uint64_t requests_ = 0;
    bool peer_ended_ = false;
    Instant idle_until_{};
    std::unique_ptr<io::Watch> watch_;  // null: it has ended
    std::unique_ptr<io::Timer> deadline_;
    std::unique_ptr<io::Timer> patience_;  // of who waits for an answer
};

}  // namespace nbdroot::server::service
