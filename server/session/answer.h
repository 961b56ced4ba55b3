// Which error a client is told, and which it must never see.
#pragma once

#include <optional>

#include "lib/base/error.h"
#include "lib/protocol/nbd/constants.h"

namespace nbdroot::server::session {

// The protocol's number for what happened to the disk. nullopt: it happened to the server (no
// memory, no descriptors), so the connection is closed without an answer: each error reply is an
// I/O error in somebody's root, a lost connection only a reconnect.
[[nodiscard]] std::optional<protocol::nbd::ErrorNumber> answer_for(const Error& error);

}  // namespace nbdroot::server::session
