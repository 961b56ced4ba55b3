#include "agent/resident/relayed_connection.h"

#include <utility>

namespace nbdroot::agent::resident {

RelayedConnection::RelayedConnection(io::Loop& loop, int kernel, ByteSpan store,
                                     Callbacks callbacks)
    : loop_(loop),
      relay_(RelayStore::over(store), loop.now()),
      pump_(loop, relay_, kernel,
            {.connection_lost =
                 [lost = std::move(callbacks.lost)](const Error& error) { lost(error.message()); },
             .device_over = std::move(callbacks.over)}) {}

Result<void> RelayedConnection::install(sys::Fd socket, const std::string& server) {
    const int number = socket.get();
    NBDROOT_CHECK(pump_.connect(std::move(socket), server));
    socket_ = number;
    return {};
}

std::optional<OldestRequest> RelayedConnection::oldest() {
    relay_.set_time(loop_.now());
    return relay_.oldest();
}

std::vector<WaitingRequest> RelayedConnection::waiting(std::size_t maximum) {
    relay_.set_time(loop_.now());
    return relay_.waiting(maximum);
}

void RelayedConnection::drop() {
    pump_.disconnect();
    socket_ = -1;
}

}  // namespace nbdroot::agent::resident
