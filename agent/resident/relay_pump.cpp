#include "agent/resident/relay_pump.h"

#include <array>
#include <cerrno>
#include <span>
#include <utility>

#include "lib/base/text.h"
#include "lib/protocol/nbd/transmission.h"
#include "lib/sys/recorded_transfer.h"
#include "lib/sys/stream.h"

namespace nbdroot::agent::resident {
namespace {

constexpr std::size_t kDiscardBytes = 16 << 10;

class Places {
public:
    explicit Places(const Pieces& pieces) {
        for (const ByteSpan piece : pieces) {
            if (!piece.empty()) places_[count_++] = {piece.data(), piece.size()};
        }
    }
    [[nodiscard]] std::span<const iovec> get() const { return std::span(places_).first(count_); }

private:
    std::array<iovec, 2> places_{};
    std::size_t count_ = 0;
};

}  // namespace

RelayPump::RelayPump(io::Loop& loop, Relay& relay, int kernel, Events events, Limits limits)
    : loop_(loop),
      relay_(relay),
      kernel_(kernel),
      events_(std::move(events)),
      limits_(limits),
      farewell_(loop.timer([this] { finish({}); })),
      hang_up_(loop.timer([this] { look_for_hang_up(); })) {}

Result<void> RelayPump::start() {
    relay_.set_time(loop_.now());
    if (relay_.kernel_error()) return fail(Error(*relay_.kernel_error()));
    kernel_watch_ = NBDROOT_TRY(loop_.watch(kernel_, {.readable = true},
                                            [this](io::Ready ready) { on_kernel_ready(ready); }));
    settle();
    return {};
}

Result<void> RelayPump::connect(sys::Fd server, std::string name) {
    disconnect();
    server_watch_ = NBDROOT_TRY(loop_.watch(server.get(), {.readable = true},
                                            [this](io::Ready ready) { on_server_ready(ready); }));
    server_ = std::move(server);
    server_name_ = std::move(name);
    relay_.set_time(loop_.now());
    relay_.on_connected();
    // What waits is sent by the loop, so that nothing can be lost inside this call.
    settle();
    return {};
}

void RelayPump::disconnect() {
    if (!server_) return;
    server_watch_.reset();
    sys::shut_down(server_.get());  // whoever else holds it
    server_.reset();
    relay_.on_disconnected();
    settle();
}

void RelayPump::fail_kept_requests() {
    relay_.fail_kept_requests();
    if (!over_ && !kernel_ended_) send_to_kernel();
    settle();
}

void RelayPump::say_good_bye() { end_kernel(limits_.good_bye); }

void RelayPump::on_kernel_ready(io::Ready ready) {
    relay_.set_time(loop_.now());
    if (ready.writable && relay_.has_kernel_output() && !send_to_kernel()) return;
    if (ready.readable && relay_.wants_kernel_bytes()) {
        if (!receive_from_kernel() || !send_to_server()) return;
        if (relay_.has_kernel_output() && !send_to_kernel()) return;  // fail_kept_requests()
    }
    settle();
}

void RelayPump::on_server_ready(io::Ready ready) {
    relay_.set_time(loop_.now());
    if (ready.readable) {
        if (kernel_ended_ ? !discard_from_server() : !receive_from_server()) return;
        if (!kernel_ended_ && !send_to_kernel()) return;
    }
    if (ready.writable && !send_to_server()) return;
    settle();
}

bool RelayPump::receive_from_kernel() {
    const Relay::KernelTransfer transfer = relay_.kernel_space();
    const auto moved =
        sys::receive_recorded(kernel_, Places(transfer.places).get(), transfer.record);
    relay_.kernel_received();
    if (relay_.kernel_error()) {
        finish(fail(Error(*relay_.kernel_error())));
        return false;
    }
    // A kernel that closed with replies unread; what it sent before comes with the next call.
    if (!moved && moved.error().code == ECONNRESET) return true;
    const bool stands = moved && !moved->ended;
    if (!stands) end_kernel(limits_.farewell);
    return stands;
}

bool RelayPump::send_to_kernel() {
    if (!relay_.has_kernel_output()) return true;
    const Relay::KernelTransfer transfer = relay_.kernel_output();
    const auto moved = sys::send_recorded(kernel_, Places(transfer.places).get(), transfer.record);
    relay_.kernel_sent();
    if (moved) return true;
    // Closed: what it sent before, NBD_CMD_DISC perhaps, lies there to be read, behind an
    // ECONNRESET if it left replies unread.
    for (int call = 0; call < 2; ++call) {
        if (relay_.wants_kernel_bytes() && !receive_from_kernel()) return false;
    }
    end_kernel(limits_.farewell);
    return false;
}

bool RelayPump::receive_from_server() {
    if (!relay_.wants_server_bytes()) return true;
    const auto moved = sys::receive_scattered(server_.get(), Places(relay_.server_space()).get());
    if (!moved) {
        lose_server(moved.error());
        return false;
    }
    if (moved->ended) {
        lose_server({.operation = "receive", .object = "", .reason = "the server closed"});
        return false;
    }
    const auto received = relay_.server_received(moved->bytes);
    if (!received) lose_server(received.error());
    return received.has_value();
}

bool RelayPump::send_to_server() {
    if (!relay_.has_server_output()) return true;
    const auto moved = sys::send_gathered(server_.get(), Places(relay_.server_output()).get());
    if (!moved) {
        lose_server(moved.error());
        return false;
    }
    relay_.server_sent(moved->bytes);
    return true;
}

// Replies that are whole have been committed and still go to the kernel.
void RelayPump::lose_server(Error error) {
    error.reason = error.object.empty() ? error.reason : cat(error.object, ": ", error.reason);
    error.object = server_name_;
    disconnect();
    if (!over_ && !kernel_ended_ && events_.connection_lost) events_.connection_lost(error);
}

void RelayPump::end_kernel(Duration patience) {
    if (kernel_ended_ || over_) return;
    kernel_ended_ = true;
    kernel_watch_.reset();
    hang_up_->cancel();
    farewell_->arm(loop_.now() + patience);
    settle();
}

// The kernel has gone. The server is given what it has not had yet, told that nothing follows, and
// awaited: closing with its replies unread would reset the connection and could cost it the DISC.
void RelayPump::leave() {
    if (!server_) return finish({});
    if (!relay_.has_server_output() && !std::exchange(said_farewell_, true)) {
        const bool said = send_disconnect() && sys::shut_down_sending(server_.get(), server_name_);
        if (!said) return finish({});
    }
    server_watch_->set_interest({.readable = true, .writable = relay_.has_server_output()});
}

// The driver says NBD_CMD_DISC only where it is asked to disconnect (nbd.c, send_disconnects); to
// the server each of its ends is one. In the middle of a request nothing else can be said.
bool RelayPump::send_disconnect() {
    if (relay_.disconnect_wanted() || !relay_.is_between_requests()) return true;
    const auto request =
        encode(protocol::nbd::Request{.command = protocol::nbd::Command::disconnect});
    // All of what the server has been sent lies in front of it: where that fills the socket's
    // buffer its own end tells the server as well.
    return sys::send_some(server_.get(), std::as_bytes(std::span(&request, 1)), server_name_)
        .has_value();
}

// Nobody waits for these replies any more.
bool RelayPump::discard_from_server() {
    std::array<std::byte, kDiscardBytes> scrap;
    const auto moved = sys::receive_some(server_.get(), scrap, server_name_);
    const bool stands = moved && (!*moved || **moved > 0);
    if (!stands) disconnect();
    return stands;
}

void RelayPump::finish(Result<void> result) {
    if (std::exchange(over_, true)) return;
    farewell_->cancel();
    hang_up_->cancel();
    kernel_watch_.reset();
    disconnect();
    if (events_.device_over) events_.device_over(std::move(result));
}

void RelayPump::look_for_hang_up() {
    if (relay_.wants_kernel_bytes()) return settle();
    if (sys::is_hung_up(kernel_)) return end_kernel(limits_.farewell);
    hang_up_->arm(loop_.now() + limits_.hang_up_look);
}

// After each event: is it over, and what is worth waiting for?
void RelayPump::settle() {
    if (over_) return;
    if (kernel_ended_) return leave();
    const bool reads = relay_.wants_kernel_bytes();
    if (kernel_watch_) {
        kernel_watch_->set_interest({.readable = reads, .writable = relay_.has_kernel_output()});
    }
    if (reads_kernel_ && !reads) hang_up_->arm(loop_.now() + limits_.hang_up_look);
    reads_kernel_ = reads;
    if (server_watch_) {
        server_watch_->set_interest(
            {.readable = relay_.wants_server_bytes(), .writable = relay_.has_server_output()});
    }
}

}  // namespace nbdroot::agent::resident
