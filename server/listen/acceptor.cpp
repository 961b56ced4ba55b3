#include "server/listen/acceptor.h"

#include <utility>

#include "lib/base/text.h"

namespace nbdroot::server::listen {
namespace {

// Clients taken in one turn: the handshakes of those who came first go on in between.
constexpr int kClientsPerTurn = 64;

constexpr Duration kRetryPause = std::chrono::seconds(1);
constexpr Duration kComplaintPause = std::chrono::minutes(1);

}  // namespace

Acceptor::Acceptor(io::Loop& loop, const Log& log, sys::Fd socket, std::string where,
                   OnClient on_client)
    : loop_(loop),
      log_(log),
      socket_(std::move(socket)),
      where_(std::move(where)),
      on_client_(std::move(on_client)) {}

Result<std::unique_ptr<Acceptor>> Acceptor::serve(io::Loop& loop, sys::Fd socket, const Log& log,
                                                  OnClient on_client) {
    std::string where = NBDROOT_TRY(sys::local_endpoint(socket.get()));
    std::unique_ptr<Acceptor> acceptor(
        new Acceptor(loop, log, std::move(socket), std::move(where), std::move(on_client)));
    Acceptor* const raw = acceptor.get();
    acceptor->retry_ = loop.timer([raw] { raw->retry(); });
    acceptor->watch_ = NBDROOT_TRY(loop.watch(raw->socket_.get(), {.readable = true},
                                              [raw](io::Ready) { raw->accept_waiting(); }));
    return acceptor;
}

void Acceptor::accept_waiting() {
    for (int i = 0; i < kClientsPerTurn && !held_; ++i) {
        auto accepted = sys::accept_client(socket_.get());
        if (!accepted) return pause(accepted.error());
        if (!*accepted) return;
        on_client_(std::move(**accepted));
    }
}

void Acceptor::pause(const Error& error) {
    paused_ = true;
    ++pauses_;
    update();
    retry_->arm(loop_.now() + kRetryPause);
    if (loop_.now() < quiet_until_) return;
    quiet_until_ = loop_.now() + kComplaintPause;
    log_.warning(cat("accept on ", where_, ": ", error.reason,
                     "; new clients wait until another one leaves"));
}

void Acceptor::retry() {
    if (!std::exchange(paused_, false)) return;
    retry_->cancel();
    update();
}

void Acceptor::hold() {
    held_ = true;
    update();
}

void Acceptor::release() {
    held_ = false;
    update();
}

void Acceptor::update() { watch_->set_interest({.readable = !paused_ && !held_}); }

}  // namespace nbdroot::server::listen
