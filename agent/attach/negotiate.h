// From a list of servers to one connection in the transmission phase.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/attach/identity.h"
#include "agent/config/boot_config.h"
#include "lib/base/log.h"
#include "lib/base/result.h"
#include "lib/io/loop.h"
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

// A host that is no address literal is an Error, or a warning where another server is left. None at
// all is an Error.
[[nodiscard]] Result<std::vector<Server>> resolve_all(const std::vector<config::Target>& targets,
                                                      const Log& log);

// How long one attempt may take.
struct Limits {
    Duration connect{3'000};
    Duration negotiate{30'000};
};

// Tries the servers in order: every 0.25 s for 30 s, then once a second, with jitter, until one
// accepts or GIVE_UP_AT (nullopt: for ever). Says each new kind of failure at once, the same
// failure again only now and then ("attempt 40, 10 s so far"). A refusal that lists the exports
// which exist ends in a message that names them. Where somebody else stops LOOP: ECANCELED.
// SERVERS, from resolve_all(), are at least one.
[[nodiscard]] Result<Connection> connect_to_first(io::Loop& loop, std::vector<Server> servers,
                                                  const Log& log, std::optional<Instant> give_up_at,
                                                  const Limits& limits = {});

// "10.0.0.1:10809", "[fe80::1]:10809", with "/EXPORT" where the export has a name.
[[nodiscard]] std::string describe(const config::Target& server);

}  // namespace nbdroot::agent::attach
