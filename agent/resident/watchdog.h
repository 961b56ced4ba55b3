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

    // STALL_SECONDS is nbdroot.timeout=, 0: not looked at. BLOCK, the device's directory under
    // /sys/block, may be null where that is 0.
    Watchdog(io::Loop& loop, std::uint32_t stall_seconds, const sys::Directory* block,
             OnUseless on_useless);

    // SOCKET is the connection in use; -1: none is.
    void watch(int socket);

private:
    void look();
    [[nodiscard]] std::optional<std::string> find_fault();

    io::Loop& loop_;
    const sys::Directory* block_;
    OnUseless on_useless_;
    SilenceRule silence_;
    std::uint32_t stall_seconds_;
    StallRule stall_;
    std::unique_ptr<io::Timer> timer_;
    int socket_ = -1;
};

}  // namespace nbdroot::agent::resident
