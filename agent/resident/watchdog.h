// Looks once a second whether the connection in use is of use: is the server silent, does it
// answer?
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/resident/silence.h"
#include "agent/resident/stall.h"
#include "lib/io/loop.h"
#include "lib/sys/directory.h"

namespace nbdroot::agent::resident {

class Watchdog {
public:
    using OnUseless = std::function<void(std::string why)>;
    // Who knows of the requests: a relay, or else the kernel.
    struct Requests {
        std::function<std::optional<OldestRequest>()> relay = {};
        const sys::Directory* block = nullptr;  // the device's, under /sys/block
    };

    // STALL_SECONDS is the timeout, 0: not looked at.
    Watchdog(io::Loop& loop, std::uint32_t stall_seconds, Requests requests, OnUseless on_useless);

    [[nodiscard]] std::uint32_t stall_seconds() const { return stall_seconds_; }
    // From the next look on; what waits already waits anew.
    void set_stall_seconds(std::uint32_t seconds);

    // SOCKET is the connection in use; -1: none is.
    void watch(int socket);

private:
    void look();
    [[nodiscard]] std::optional<std::string> find_fault();
    [[nodiscard]] std::optional<std::string> find_stall();

    io::Loop& loop_;
    Requests requests_;
    OnUseless on_useless_;
    SilenceRule silence_;
    std::uint32_t stall_seconds_;
    StallRule stall_;
    std::unique_ptr<io::Timer> timer_;
    int socket_ = -1;
};

}  // namespace nbdroot::agent::resident
