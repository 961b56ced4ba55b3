// The client's end of a TCP connection: connect without waiting, then the options that a
// connection needs before the kernel's NBD driver takes it over.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/result.h"
#include "lib/sys/fd.h"
#include "lib/sys/socket_address.h"

namespace nbdroot::sys {

// Which way a connection takes, whatever the routes prefer. Empty and 0: what the kernel chooses.
struct Path {
    std::string interface_name = {};
    std::uint32_t source = 0;  // host byte order; of IPv4 peers only

    bool operator==(const Path&) const = default;
};

// Begins a connection: the descriptor does not block and becomes writable when the outcome is
// there. OBJECT names the peer in errors.
[[nodiscard]] Result<Fd> start_connect(const SocketAddress& address, const std::string& object,
                                       const Path& path = {});

// The outcome of start_connect(), once the descriptor is writable.
[[nodiscard]] Result<void> connect_outcome(int fd, const std::string& object);

// The socket is no longer bound to the interface of its Path: its packets go, and may come, as the
// routes say.
[[nodiscard]] Result<void> release_interface(int fd, const std::string& object);

// TCP_NODELAY; keepalive after 3 s, every 3 s, 3 times. No TCP_USER_TIMEOUT: it would abort a live
// peer whose window is closed.
[[nodiscard]] Result<void> set_nbd_socket_options(int fd, const std::string& object);

// Blocking, and without receive or send time-outs, which the kernel's NBD client would inherit.
[[nodiscard]] Result<void> make_blocking_for_kernel(int fd, const std::string& object);

}  // namespace nbdroot::sys
