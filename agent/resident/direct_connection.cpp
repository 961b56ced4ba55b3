#include "agent/resident/direct_connection.h"

#include <utility>

#include "lib/base/text.h"
#include "lib/protocol/netlink/message.h"
#include "lib/sys/stream.h"
#include "lib/sys/tcp_client.h"

namespace nbdroot::agent::resident {

DirectConnection::DirectConnection(io::Loop& loop, Device device, sys::NetlinkSocket* news,
                                   Callbacks callbacks, const Log& log)
    : loop_(loop),
      device_(std::move(device)),
      news_(news),
      callbacks_(std::move(callbacks)),
      log_(log) {
    if (news_ == nullptr) return;
    auto watch = loop_.watch(news_->fd(), {.readable = true}, [this](io::Ready) { on_news(); });
    if (watch) news_watch_ = std::move(*watch);
}

// The kernel reads from the socket; what is left to see here is its end. The driver shuts down each
// socket that it gives up, and a reset does the same, so a hang-up always comes.
Result<void> DirectConnection::watch(sys::Fd socket) {
    socket_watch_.reset();
    socket_ = std::move(socket);
    socket_watch_ = NBDROOT_TRY(loop_.watch(socket_.get(), {.hung_up = true}, [this](io::Ready) {
        socket_watch_.reset();  // level triggered, and nothing here takes the hang-up away
        const auto outcome = sys::connect_outcome(socket_.get(), "");
        callbacks_.lost(outcome ? "closed by the server" : outcome.error().reason);
    }));
    return {};
}

Result<void> DirectConnection::install(attach::Connection connection) {
    attach::KernelNbd* const kernel = NBDROOT_TRY(this->kernel());
    callbacks_.replaced(connection.socket);
    const auto told =
        kernel->reconfigure({.index = device_.index,
                             .backend_identifier = device_.backend_identifier,
                             .sockets = {static_cast<std::uint32_t>(connection.socket.get())}});
    NBDROOT_CHECK(watch(std::move(connection.socket)));
    if (told) return {};
    return fail("reconnect", cat("/dev/", device_.name), told.error().reason, told.error().code);
}

void DirectConnection::drop() {
    socket_watch_.reset();
    if (socket_) sys::shut_down(socket_.get());
    socket_.reset();
}

Result<bool> DirectConnection::is_configured() {
    attach::KernelNbd* const kernel = NBDROOT_TRY(this->kernel());
    return kernel->is_configured(device_.index);
}

Result<attach::KernelNbd*> DirectConnection::kernel() {
    if (!kernel_) kernel_.emplace(NBDROOT_TRY(attach::KernelNbd::open()));
    return &*kernel_;
}

// LINK_DEAD has no number of the connection it means: one that was sent late, of a connection
// already replaced, must not end the new one. So it is only a line; the hang-up decides.
void DirectConnection::on_news() {
    for (;;) {
        const auto datagram = news_->receive();
        if (!datagram || !*datagram) return;
        const auto messages = protocol::netlink::parse_messages(**datagram);
        if (!messages) continue;
        for (const auto& message : *messages) {
            const auto dead = protocol::netlink::parse_nbd_link_dead(message);
            if (dead && *dead == device_.index) log_.debug("attach: the kernel says LINK_DEAD");
        }
    }
}

}  // namespace nbdroot::agent::resident
