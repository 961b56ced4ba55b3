#include "agent/resident/direct_connection.h"

#include <utility>

#include "lib/base/text.h"
#include "lib/protocol/netlink/message.h"
#include "lib/sys/stream.h"
#include "lib/sys/tcp_client.h"
#include "lib/sys/tcp_liveness.h"

namespace nbdroot::agent::resident {
namespace {

constexpr Duration kDeadLimit{1'000};

// How long a machine waits for the server's machine before it powers off, and how often it looks:
// nothing tells when a socket of somebody else has nothing left to send.
constexpr Duration kPartingLimit{2'000};
constexpr Duration kPartingLook{10};

}  // namespace

DirectConnection::DirectConnection(io::Loop& loop, Device device, sys::NetlinkSocket* news,
                                   Callbacks callbacks)
    : loop_(loop),
      device_(std::move(device)),
      news_(news),
      callbacks_(std::move(callbacks)),
      parting_look_(loop.timer([this] { look_for_parting(); })) {
    if (news_ == nullptr) return;
    read_news();
    dead_ = false;  // of connections that another process had
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
        // The driver gives up a server that talks nonsense, and its log says so.
        callbacks_.lost(outcome ? "closed by the server, or given up by the kernel (see its log)"
                                : outcome.error().reason);
    }));
    return {};
}

// RECONFIGURE replaces a dead socket, and where none is dead yet it says that all is well and takes
// nothing (nbd_genl_reconfigure makes 0 of ENOSPC): so the driver's word for the death is awaited.
Result<void> DirectConnection::install(attach::Connection connection) {
    wait_for_dead();
    doubtful_ = !std::exchange(dead_, false);
    callbacks_.replaced(connection.socket);
    auto told = reconfigure(connection.socket.get(), device_.dead_connection_timeout_seconds);
    NBDROOT_CHECK(watch(std::move(connection.socket)));
    return told;
}

// The driver puts NBD_CMD_DISC into the socket and ends it (nbd.c, nbd_disconnect); it may wait for
// room there, and whoever asked for this waits for this process no longer than he likes.
Result<void> DirectConnection::say_good_bye() {
    socket_watch_.reset();
    attach::KernelNbd* const kernel = NBDROOT_TRY(this->kernel());
    NBDROOT_CHECK(kernel->disconnect(device_.index));
    parting_limit_ = loop_.now() + kPartingLimit;
    parting_look_->arm(loop_.now());
    return {};
}

void DirectConnection::look_for_parting() {
    const auto info = sys::tcp_info(socket_.get(), "");
    const bool waits = info && !info->closed && info->unacked_segments + info->unsent_bytes > 0;
    if (!waits || loop_.now() >= parting_limit_) return callbacks_.parted();
    parting_look_->arm(loop_.now() + kPartingLook);
}

// Requests that wait to be sent fail by themselves when the dead connection's time is over; those
// that were sent do not. So a socket that has ended already takes the place of the dead one: what
// was sent is sent again (nbd_xmit_timeout looks for a new socket, and for nothing else), finds no
// connection, and fails at once for want of patience.
Result<void> DirectConnection::fail_requests() {
    wait_for_dead();
    auto pair = NBDROOT_TRY(sys::make_stream_pair());
    pair.second.reset();
    NBDROOT_CHECK(reconfigure(pair.first.get(), 0));
    dead_ = true;
    return {};
}

Result<void> DirectConnection::reconfigure(int socket,
                                           std::uint64_t dead_connection_timeout_seconds) {
    attach::KernelNbd* const kernel = NBDROOT_TRY(this->kernel());
    const auto told =
        kernel->reconfigure({.index = device_.index,
                             .backend_identifier = device_.backend_identifier,
                             .dead_connection_timeout_seconds = dead_connection_timeout_seconds,
                             .sockets = {static_cast<std::uint32_t>(socket)}});
    if (told) return {};
    return fail("reconnect", cat("/dev/", device_.name), told.error().reason, told.error().code);
}

void DirectConnection::drop() {
    socket_watch_.reset();
    if (socket_) sys::shut_down(socket_.get());
    socket_.reset();
}

Result<attach::KernelNbd*> DirectConnection::kernel() {
    if (!kernel_) kernel_.emplace(NBDROOT_TRY(attach::KernelNbd::open()));
    return &*kernel_;
}

// It comes within milliseconds of the end of a socket, and mostly before the next one is there.
void DirectConnection::wait_for_dead() {
    if (news_ == nullptr) return;
    read_news();
    if (dead_) return;
    const auto came = news_->wait(kDeadLimit);
    if (came && *came) read_news();
}

void DirectConnection::read_news() {
    for (;;) {
        const auto datagram = news_->receive();
        if (!datagram || !*datagram) return;
        const auto messages = protocol::netlink::parse_messages(**datagram);
        if (!messages) continue;
        for (const auto& message : *messages) {
            const auto dead = protocol::netlink::parse_nbd_link_dead(message);
            if (dead && *dead == device_.index) dead_ = true;
        }
    }
}

// LINK_DEAD has no number of the connection that it means, and one that was sent late must not end
// the next one: the hang-up decides. But where the next one was installed without it, this says
// that the driver did not take it.
void DirectConnection::on_news() {
    read_news();
    if (dead_ && std::exchange(doubtful_, false)) {
        callbacks_.lost("the kernel had not let go of the connection before");
    }
}

}  // namespace nbdroot::agent::resident
