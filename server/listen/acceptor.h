// One listening address: hands every client that connects to the server.
//
// Where accepting fails for want of descriptors or memory, it waits until a session has ended (or a
// second has passed): clients stay in the backlog, and the loop does not spin on them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "lib/base/log.h"
#include "lib/base/result.h"
#include "lib/io/loop.h"
#include "lib/sys/fd.h"
#include "lib/sys/listener.h"

namespace nbdroot::server::listen {

class Acceptor {
public:
    using OnClient = std::function<void(sys::Accepted)>;

    // SOCKET listens.
    static Result<std::unique_ptr<Acceptor>> serve(io::Loop& loop, sys::Fd socket, const Log& log,
                                                   OnClient on_client);

    // "[::]:1234" or "unix:/run/nbd.sock", with the port that the kernel picked.
    [[nodiscard]] const std::string& where() const { return where_; }

    [[nodiscard]] int descriptor() const { return socket_.get(); }

    // Times that accepting had to wait for a descriptor or memory.
    [[nodiscard]] std::uint64_t pauses() const { return pauses_; }

    // A descriptor is free again.
    void retry();
    // Clients wait in the backlog until release(); also from within OnClient.
    void hold();
    void release();

private:
    Acceptor(io::Loop& loop, const Log& log, sys::Fd socket, std::string where, OnClient on_client);

    void accept_waiting();
    void pause(const Error& error);
    void update();

    io::Loop& loop_;
    const Log& log_;
    sys::Fd socket_;
    std::string where_;
    OnClient on_client_;
    std::unique_ptr<io::Watch> watch_;
    std::unique_ptr<io::Timer> retry_;
    bool paused_ = false;  // for want of descriptors or memory
    bool held_ = false;
    std::uint64_t pauses_ = 0;
    Instant quiet_until_{};  // the next complaint
};

}  // namespace nbdroot::server::listen
