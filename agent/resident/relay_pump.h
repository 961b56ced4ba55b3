// Moves the relay's bytes: between the kernel's socket and the one to a server.
//
// What is read from one side is offered to the other at once; only what that does not take waits
// for the loop. Nothing here is lost with the process but the connection to the server.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "agent/resident/relay.h"
#include "lib/base/result.h"
#include "lib/io/loop.h"
#include "lib/sys/fd.h"

namespace nbdroot::agent::resident {

class RelayPump {
public:
    struct Events {
        // None may destroy the pump. The server is gone, leaves, or lies; disconnect() has been
        // done. connect() may be called from inside.
        std::function<void(const Error&)> connection_lost;
        // The kernel closed its end: once, after the server has had all of it and closed too, or
        // has not within Limits::farewell, or there is none. An Error is why the device is lost
        // instead; then it still hangs at the kernel's other end.
        std::function<void(Result<void>)> device_over;
    };

    struct Limits {
        // What a server gets to take the kernel's last words and close.
        Duration farewell{10'000};
        // The same, where the machine waits for it to power off.
        Duration good_bye{2'000};
        // How often it is looked whether the kernel has closed while the store is full: nothing is
        // read then, so the loop would not tell.
        Duration hang_up_look{1000};
    };

    // KERNEL, one end of a socket pair, must outlive this; so must LOOP and RELAY.
    RelayPump(io::Loop& loop, Relay& relay, int kernel, Events events, Limits limits);
    RelayPump(io::Loop& loop, Relay& relay, int kernel, Events events)
        : RelayPump(loop, relay, kernel, std::move(events), Limits{}) {}

    // Begins to read from the kernel.
    [[nodiscard]] Result<void> start();

    // Goes on with SERVER, on which the handshake is done; an older connection is closed. NAME
    // stands in errors.
    [[nodiscard]] Result<void> connect(sys::Fd server, std::string name);
    // Closes the connection, if there is one. Without one it still reads from the kernel until the
    // store is full.
    void disconnect();
    [[nodiscard]] bool is_connected() const { return static_cast<bool>(server_); }

    // Nothing more is taken from the kernel, as if it had closed: device_over follows.
    void say_good_bye();

    // As Relay::fail_kept_requests(), and sends the answers.
    void fail_kept_requests();

private:
    // Each says whether its side still stands; where not, what follows has been arranged.
    bool receive_from_kernel();
    bool send_to_kernel();
    bool receive_from_server();
    bool send_to_server();

    void on_kernel_ready(io::Ready ready);
    void on_server_ready(io::Ready ready);
    void lose_server(Error error);
    bool discard_from_server();
    void end_kernel(Duration patience);
    [[nodiscard]] bool send_disconnect();
    void leave();
    void finish(Result<void> result);
    void look_for_hang_up();
    void settle();

    io::Loop& loop_;
    Relay& relay_;
    int kernel_;
    Events events_;
    Limits limits_;
    sys::Fd server_;
    std::string server_name_;
    std::unique_ptr<io::Timer> farewell_;
    std::unique_ptr<io::Timer> hang_up_;
    std::unique_ptr<io::Watch> kernel_watch_;
    std::unique_ptr<io::Watch> server_watch_;
    bool reads_kernel_ = true;
    bool kernel_ended_ = false;  // only the farewell is left
    bool said_farewell_ = false;
    bool over_ = false;
};

}  // namespace nbdroot::agent::resident
