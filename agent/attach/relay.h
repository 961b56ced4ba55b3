// Carries bytes between the kernel's socketpair and the server, both ways, unread.
//
// It ends when the server is gone: the kernel then fails what is in flight and everything after. It
// also ends when the kernel is done (NBD_CMD_DISC), once the server has had all of it and closes.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "agent/attach/relay_buffer.h"
#include "lib/base/result.h"
#include "lib/io/loop.h"
#include "lib/sys/fd.h"

namespace nbdroot::agent::attach {

class Relay {
public:
    enum class End {
        by_kernel,  // the device was disconnected
        by_server,  // the server closed, or its connection broke
    };

    Relay(io::Loop& loop, sys::Fd kernel, sys::Fd server, std::string server_name);

    // Runs LOOP. An Error is why the connection to the server or to the kernel broke.
    [[nodiscard]] Result<End> run();

private:
    // One direction. Reading stops while the buffer is full, so a slow reader slows the writer.
    struct Direction {
        int from;
        int to;
        std::string from_name;
        std::string to_name;
        RelayBuffer buffer;
        bool ended = false;  // FROM will send no more
        bool shut = false;   // TO was told so

        [[nodiscard]] bool wants_input() const { return !ended && !buffer.is_full(); }
    };

    void on_ready(Direction& in, Direction& out, io::Ready ready);
    [[nodiscard]] Result<void> fill(Direction& direction);
    [[nodiscard]] Result<void> drain(Direction& direction);
    void settle();
    void stop(Result<End> end);

    io::Loop& loop_;
    sys::Fd kernel_;
    sys::Fd server_;
    Direction requests_;    // kernel to server
    Direction replies_;     // server to kernel
    bool leaving_ = false;  // the server has had the kernel's last byte
    std::unique_ptr<io::Timer> farewell_;
    std::unique_ptr<io::Watch> kernel_watch_;
    std::unique_ptr<io::Watch> server_watch_;
    std::optional<Result<End>> end_;
};

}  // namespace nbdroot::agent::attach
