// Sockets that wait for clients.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "lib/base/result.h"
#include "lib/sys/fd.h"

namespace nbdroot::sys {

// Listens on IP (v4 or v6 in numbers; empty: every address of both families) and PORT (0: the
// kernel picks one), with the longest backlog the system allows. Does not block.
Result<Fd> listen_tcp(const std::string& ip, std::uint16_t port);

// "10.0.0.1:1234", "[::]:1234" or "unix:/run/nbd.sock": where a listening socket really listens.
Result<std::string> local_endpoint(int fd);

// Of a TCP socket.
[[nodiscard]] std::optional<std::uint16_t> local_port(int fd);

// The listening socket FD is what listen_tcp(IP, PORT) makes; where PORT is 0, whatever its port.
[[nodiscard]] bool is_listener_of(int fd, const std::string& ip, std::uint16_t port);

// FD is a unix socket that was bound to PATH, where a socket still is.
[[nodiscard]] bool is_listener_of(int fd, const std::string& path);

struct Accepted {
    Fd fd;
    // "10.0.0.7:40001"; a v4 client of a v6 socket is written as v4; of a unix socket "unix:PID".
    std::string peer;
    // In network byte order, IPv4 as ::ffff:A.B.C.D; none: no client of the network.
    std::optional<std::array<std::uint8_t, 16>> address{};
};

// Of the connected socket FD, tuned.
[[nodiscard]] Result<Accepted> describe_client(Fd fd);

// The next waiting client, its socket tuned (tune_server_stream), or nullopt when there is none.
// Clients that gave up meanwhile are skipped. An Error has errno: EMFILE, ENFILE, ENOMEM, ENOBUFS
// ask for patience.
Result<std::optional<Accepted>> accept_client(int fd);

}  // namespace nbdroot::sys
