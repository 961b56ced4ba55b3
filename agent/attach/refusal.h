// What a server's refusal means for the person who reads the log, pure.
#pragma once

#include <string_view>

#include "agent/config/boot_config.h"
#include "lib/base/error.h"
#include "lib/protocol/nbd/client_handshake.h"

namespace nbdroot::agent::attach {

// CANONICAL_NAME is what was asked for on a reconnect, else empty.
// "negotiate 10.0.0.1:10809: server has no export 'x'; it has: debian, ubuntu". Names come from
// the peer: at most 16 of them are given, each made printable.
[[nodiscard]] Error explain(const protocol::nbd::ClientHandshake::Refused& refused,
                            const config::Target& server, std::string_view canonical_name = {});

}  // namespace nbdroot::agent::attach
