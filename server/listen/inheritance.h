// Listening sockets that were there before this program: passed by the service manager, which
// starts a service with them or keeps them over its restart, or left by the program that this
// process was before.
//
// What listens where the configuration says is used; the rest is closed. So nobody who connects
// meanwhile is refused: they wait in the backlog.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/sys/fd.h"
#include "lib/sys/passed_socket.h"
#include "server/config/endpoint.h"

namespace nbdroot::server::listen {

// What sockets are called towards whoever hands them on. Any other name: socket activation.
inline constexpr const char* kClientSocket = "nbdroot-clients";
inline constexpr const char* kControlSocket = "nbdroot-control";
inline constexpr const char* kActivatedSocket = "nbdroot-activated";

class Inheritance {
public:
    Inheritance() = default;  // of nothing
    explicit Inheritance(sys::PassedListeners passed) : passed_(std::move(passed)) {}
    static Result<Inheritance> take();

    // This process was a server before it became this program.
    [[nodiscard]] bool from_predecessor() const { return passed_.from_predecessor; }
    [[nodiscard]] std::size_t size() const { return passed_.sockets.size(); }

    // Of socket activation, all.
    [[nodiscard]] std::vector<sys::Fd> take_activated();
    // What listens at ENDPOINT for clients; with port 0, at any port.
    [[nodiscard]] std::optional<sys::Fd> take(const config::Endpoint& endpoint);
    // What is called NAME and listens at PATH.
    [[nodiscard]] std::optional<sys::Fd> take(const char* name, const std::string& path);
    // Closes what listens for clients at PORT, of whatever address. False: nothing does.
    [[nodiscard]] bool give_up(std::uint16_t port);
    // What else is called NAME.
    [[nodiscard]] std::vector<sys::Fd> take_rest(const char* name);

private:
    template <class Wanted>
    [[nodiscard]] std::vector<sys::Fd> take_if(const Wanted& wanted, std::size_t most);

    sys::PassedListeners passed_;
};

}  // namespace nbdroot::server::listen
