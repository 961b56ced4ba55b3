// A ClientHandshake fed with what a server says, for tests.
#pragma once

#include <string>

#include "lib/protocol/nbd/client_handshake.h"

namespace nbdroot::protocol::nbd::test {

using Goal = ClientHandshake::Goal;

ClientHandshake client(Goal goal = Goal::transmit, const std::string& export_name = "");

// A client for GO "" that has read SERVER_SAYS in pieces of CHUNK bytes.
ClientHandshake client_after(const Bytes& server_says, std::size_t chunk = SIZE_MAX);
void feed(ClientHandshake& client, ByteView bytes, std::size_t chunk = SIZE_MAX);

// The reason of Refused; "" for any other outcome.
std::string reason(const ClientHandshake& client);

bool is_in_progress(const ClientHandshake& client);
const ClientHandshake::Refused& refused(const ClientHandshake& client);
const ExportInfo& ready(const ClientHandshake& client);

}  // namespace nbdroot::protocol::nbd::test
