// A server, and a connection to it in the transmission phase.
#pragma once

#include <string>

#include "agent/attach/identity.h"
#include "agent/config/boot_config.h"
#include "lib/base/time.h"
#include "lib/protocol/nbd/export_info.h"
#include "lib/sys/fd.h"
#include "lib/sys/socket_address.h"

namespace nbdroot::agent::attach {

// The socket blocks, has its options set for the kernel (DESIGN: TCP_NODELAY, keepalive 3/3/3, no
// receive or send time-out, no TCP_USER_TIMEOUT) and nothing of the server's is left unread.
struct Connection {
    sys::Fd socket;
    protocol::nbd::ExportInfo info;
    config::Target server;
    Identity identity = {};    // what the next connection of this boot must show
    std::string warning = {};  // why IDENTITY is incomplete, for the log; empty: it is not
};

struct Server {
    config::Target target;
    sys::SocketAddress address;
};

// How long one attempt may take.
struct Limits {
    Duration connect{3'000};
    Duration negotiate{30'000};
};

// "nbd-rootserver 0.1.0"; empty: its server does not tell.
[[nodiscard]] std::string software_of(const Connection& connection);

// "10.0.0.1:10809", "[fe80::1]:10809", with "/EXPORT" where the export has a name.
[[nodiscard]] std::string describe(const config::Target& server);

}  // namespace nbdroot::agent::attach
