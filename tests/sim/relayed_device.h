// agent/resident/relay_pump.cpp between a simulated socket pair and a simulated connection, with
// the relay's memory, which outlives the process.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "agent/resident/relay.h"
#include "tests/sim/kernel.h"

namespace nbdroot::sim {

class RelayedDevice {
public:
    struct Options {
        std::size_t request_bytes = 24 << 10;  // of the relay's store
        std::size_t reply_bytes = 12 << 10;
    };
    struct Events {
        std::function<void()> kernel_ready;         // there is something for the kernel to do
        std::function<void(std::string why)> lost;  // the connection
        std::function<void()> died;                 // the process, as crash_within() asked for
    };

    RelayedDevice(Env& env, Options options, SocketPair& pair, Events events);

    [[nodiscard]] Result<void> install(std::shared_ptr<Socket> socket);
    void drop();
    void fail_requests();

    // The session process ends, and the next one begins.
    void end_process();
    void begin_process();
    // The process will be killed right after the COUNTth store into its memory from now on.
    void crash_after_stores(std::uint64_t count) { stores_left_ = count; }

private:
    // What the guardian shares with every session process.
    struct Memory {
        agent::resident::RelayHeader header{};
        Bytes requests;
        Bytes replies;
    };

    void pump();
    [[nodiscard]] bool receive_from_kernel();
    [[nodiscard]] bool send_to_kernel();
    [[nodiscard]] bool receive_from_server();
    [[nodiscard]] bool send_to_server();
    void lose(std::string why);
    void on_store();
    [[nodiscard]] bool has_died();
    void check();

    Env& env_;
    SocketPair& pair_;
    Events events_;
    Timer wake_;
    Memory memory_;
    std::unique_ptr<agent::resident::Relay> relay_;
    std::shared_ptr<Socket> socket_;
    std::uint64_t stores_left_ = 0;
    std::optional<Memory> at_death_;
};

}  // namespace nbdroot::sim
