// All the places where the server waits for clients: addresses, unix sockets, or what was passed.
//
// The service manager is asked to keep them over a restart of the service.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/log.h"
#include "lib/sys/account.h"
#include "lib/sys/succession.h"
#include "lib/sys/unix_listener.h"
#include "server/config/config.h"
#include "server/listen/acceptor.h"
#include "server/listen/inheritance.h"

namespace nbdroot::server::listen {

class Listeners {
public:
    Listeners(io::Loop& loop, const Log& log, Acceptor::OnClient on_client)
        : loop_(loop), log_(log), on_client_(std::move(on_client)) {}
    Listeners(const Listeners&) = delete;
    Listeners& operator=(const Listeners&) = delete;
    ~Listeners() { close(); }

    // What WANTED says, or the sockets that socket activation passed in place of it: a line each
    // says so. OWNER, if any, is given the unix sockets. Where the server has served before as
    // another program, one place that cannot be had does not end it.
    [[nodiscard]] Result<void> open(const config::Config& wanted,
                                    const std::optional<sys::Account>& owner,
                                    Inheritance& inherited);
    // For this process's next program.
    [[nodiscard]] std::vector<sys::Legacy> legacies() const;

    // "[::]:10809 and unix:/run/nbd.sock"
    [[nodiscard]] std::string where() const;
    // How often accepting had to wait for descriptors or memory.
    [[nodiscard]] std::uint64_t pauses() const;

    // A descriptor is free again.
    void retry();
    // New clients wait in the backlog until release().
    void hold();
    void release();
    // Takes no clients any more, and removes its unix sockets, unless the next server gets them.
    void close();

private:
    struct UnixSocket {
        std::string path;
        std::optional<sys::FileNumber> number;  // a later server's is not ours to remove
    };

    using Owner = std::optional<sys::Account>;

    [[nodiscard]] Result<void> add(sys::Fd socket);
    [[nodiscard]] Result<void> open_configured(const config::Config& wanted, const Owner& owner,
                                               Inheritance& inherited);
    [[nodiscard]] Result<void> open_unix(const std::string& path, const Owner& owner,
                                         Inheritance& inherited);
    [[nodiscard]] Result<void> take_activated(std::vector<sys::Fd> sockets);
    [[nodiscard]] Result<void> keep_rest(Inheritance& inherited);
    void close_rest(Inheritance& inherited) const;
    void store();

    io::Loop& loop_;
    const Log& log_;
    Acceptor::OnClient on_client_;
    std::vector<std::unique_ptr<Acceptor>> acceptors_;
    std::vector<UnixSocket> unix_sockets_;
    bool activated_ = false;
    bool stored_ = false;  // with the service manager
};

}  // namespace nbdroot::server::listen
