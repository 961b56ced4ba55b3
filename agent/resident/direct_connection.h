// The root's connection where the kernel itself has the socket (netlink): watched by a duplicate,
// replaced by RECONFIGURE.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "agent/attach/kernel_nbd.h"
#include "agent/attach/negotiate.h"
#include "lib/base/result.h"
#include "lib/io/loop.h"

namespace nbdroot::agent::resident {

class DirectConnection {
public:
    struct Device {
        std::string name;  // "nbd0"
        std::uint32_t index = 0;
        std::string backend_identifier;
        std::uint64_t dead_connection_timeout_seconds = 0;
    };
    struct Callbacks {
        std::function<void(std::string why)> lost;
        std::function<void(const sys::Fd&)> replaced;  // before the device is told
        std::function<void()> parted;                  // after say_good_bye()
    };

    // SOCKET is the duplicate. NEWS may be null.
    DirectConnection(io::Loop& loop, Device device, sys::NetlinkSocket* news, Callbacks callbacks);

    // Watches SOCKET from now on.
    [[nodiscard]] Result<void> watch(sys::Fd socket);

    // The device uses CONNECTION. An Error has the kernel's words.
    [[nodiscard]] Result<void> install(attach::Connection connection);

    // Whoever uses the socket sees its end.
    void drop();

    // The device is disconnected (NBD_CMD_DISC); parted() once the server's machine has that, or
    // when waiting is of no use.
    [[nodiscard]] Result<void> say_good_bye();

    // What waits for a connection fails, and so does all that comes, until install().
    [[nodiscard]] Result<void> fail_requests();

    // -1: there is no connection.
    [[nodiscard]] int socket() const { return socket_.get(); }

private:
    [[nodiscard]] Result<attach::KernelNbd*> kernel();
    [[nodiscard]] Result<void> reconfigure(int socket,
                                           std::uint64_t dead_connection_timeout_seconds);
    void look_for_parting();
    void wait_for_dead();
    void read_news();
    void on_news();

    io::Loop& loop_;
    Device device_;
    sys::NetlinkSocket* news_;
    Callbacks callbacks_;
    std::optional<attach::KernelNbd> kernel_;
    sys::Fd socket_;
    bool dead_ = false;      // the driver has said so of the connection before
    bool doubtful_ = false;  // it had not when the next one was installed
    std::unique_ptr<io::Timer> parting_look_;
    Instant parting_limit_{};
    std::unique_ptr<io::Watch> socket_watch_;
    std::unique_ptr<io::Watch> news_watch_;
};

}  // namespace nbdroot::agent::resident
