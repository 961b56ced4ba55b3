// The root's connection where the relay has the socket: the kernel has one end of a socketpair and
// notices nothing of what happens to the other.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/attach/negotiate.h"
#include "agent/resident/relay.h"
#include "agent/resident/relay_pump.h"
#include "lib/base/bytes.h"
#include "lib/base/result.h"
#include "lib/io/loop.h"

namespace nbdroot::agent::resident {

class RelayedConnection {
public:
    struct Callbacks {
        std::function<void(std::string why)> lost;
        // The kernel is done with the device; an Error: it sends what cannot be.
        std::function<void(const Result<void>&)> over;
    };

    // KERNEL and STORE outlive this, and this process.
    RelayedConnection(io::Loop& loop, int kernel, ByteSpan store, Callbacks callbacks);

    // Begins to take requests from the kernel.
    [[nodiscard]] Result<void> start() { return pump_.start(); }

    // Goes on over CONNECTION: what is unanswered is sent again.
    [[nodiscard]] Result<void> install(sys::Fd socket, const std::string& server);
    void drop();
    // over() follows.
    void say_good_bye() { pump_.say_good_bye(); }
    void fail_requests() { pump_.fail_kept_requests(); }

    // -1: there is no connection.
    [[nodiscard]] int socket() const { return pump_.is_connected() ? socket_ : -1; }
    [[nodiscard]] RelayCounters counters() const { return relay_.counters(); }
    [[nodiscard]] const RequestCounts& requests() const { return relay_.requests(); }
    // As of now; see Relay.
    [[nodiscard]] std::optional<OldestRequest> oldest();
    [[nodiscard]] std::vector<WaitingRequest> waiting(std::size_t maximum);

private:
    io::Loop& loop_;
    Relay relay_;
    RelayPump pump_;
    int socket_ = -1;
};

}  // namespace nbdroot::agent::resident
