#include "agent/attach/attempt.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "agent/attach/refusal.h"
#include "lib/base/text.h"
#include "lib/sys/stream.h"
#include "lib/sys/tcp_client.h"

namespace nbdroot::agent::attach {
namespace {

using protocol::nbd::ClientHandshake;

constexpr std::size_t kReceiveBytes = 4096;

std::string seconds(Duration duration) {
    const auto count = duration.count();
    return count % 1000 == 0 ? cat(count / 1000, " s") : cat(count, " ms");
}

ClientHandshake::Options handshake_options(const config::Target& server) {
    return {.goal = ClientHandshake::Goal::transmit, .export_name = server.export_name};
}

}  // namespace

Attempt::Attempt(io::Loop& loop, config::Target server, const sys::SocketAddress& address,
                 const Limits& limits, std::optional<Instant> give_up_at, Done done)
    : loop_(loop),
      server_(std::move(server)),
      name_(describe(server_)),
      limits_(limits),
      give_up_at_(give_up_at),
      done_(std::move(done)),
      handshake_(handshake_options(server_)),
      deadline_(loop.timer([this] { on_deadline(); })) {
    begin(address);
}

void Attempt::begin(const sys::SocketAddress& address) {
    auto socket = sys::start_connect(address, name_);
    if (socket) {
        socket_ = std::move(*socket);
        auto watch = loop_.watch(socket_.get(), {.writable = true},
                                 [this](io::Ready ready) { on_ready(ready); });
        if (watch) {
            watch_ = std::move(*watch);
            arm(limits_.connect);
            return;
        }
        early_error_.emplace(std::move(watch).error());
    } else {
        early_error_.emplace(std::move(socket).error());
    }
    deadline_->arm(loop_.now());
}

void Attempt::arm(Duration limit) {
    const Instant until = loop_.now() + limit;
    deadline_->arm(give_up_at_ ? std::min(until, *give_up_at_) : until);
}

void Attempt::on_deadline() {
    if (early_error_) return fail_with(*early_error_);
    const bool connecting = phase_ == Phase::connecting;
    const bool is_cut_short = give_up_at_ && loop_.now() >= *give_up_at_;
    std::string reason = "no answer yet";
    if (!is_cut_short) {
        reason = cat(connecting ? "no answer within " : "not finished within ",
                     seconds(connecting ? limits_.connect : limits_.negotiate));
    }
    fail_with({.operation = connecting ? "connect" : "negotiate",
               .object = name_,
               .reason = std::move(reason),
               .code = ETIMEDOUT},
              false, is_cut_short);
}

void Attempt::on_ready(io::Ready ready) {
    if (phase_ == Phase::connecting) return on_connected();
    if (ready.readable) return read_input();
    write_output();
}

void Attempt::on_connected() {
    if (auto outcome = sys::connect_outcome(socket_.get(), name_); !outcome) {
        return fail_with(std::move(outcome).error());
    }
    if (auto set = sys::set_nbd_socket_options(socket_.get(), name_); !set) {
        return fail_with(std::move(set).error());
    }
    phase_ = Phase::negotiating;
    arm(limits_.negotiate);
    write_output();
}

void Attempt::read_input() {
    std::array<std::byte, kReceiveBytes> buffer;
    auto moved = sys::receive_some(socket_.get(), buffer, name_);
    if (!moved) return fail_with(std::move(moved).error());
    if (!*moved) return;
    const std::size_t count = **moved;
    if (count == 0) {
        ended_ = true;
        handshake_.on_end();
    } else {
        handshake_.on_bytes(ByteView(buffer).first(count));
    }
    check_outcome();
}

// Sends what the handshake has to say, then asks the loop for what is missing.
void Attempt::write_output() {
    const Bytes more = handshake_.take_output();
    unsent_.insert(unsent_.end(), more.begin(), more.end());
    if (!unsent_.empty()) {
        auto moved = sys::send_some(socket_.get(), unsent_, name_);
        if (!moved) return fail_with(std::move(moved).error());
        const auto count = static_cast<std::ptrdiff_t>(moved->value_or(0));
        unsent_.erase(unsent_.begin(), unsent_.begin() + count);
    }
    watch_->set_interest({.readable = true, .writable = !unsent_.empty()});
}

void Attempt::check_outcome() {
    const ClientHandshake::Outcome& outcome = handshake_.outcome();
    if (const auto* ready = std::get_if<ClientHandshake::Ready>(&outcome)) {
        return hand_over(ready->info);
    }
    if (const auto* refused = std::get_if<ClientHandshake::Refused>(&outcome)) {
        Error error = explain(*refused, server_);
        const Bytes farewell = handshake_.take_output();
        // Politeness only: the connection is closed next, whether or not it was heard.
        if (!farewell.empty()) (void)sys::send_some(socket_.get(), farewell, name_);
        return fail_with(std::move(error), !ended_);
    }
    write_output();
}

void Attempt::hand_over(const protocol::nbd::ExportInfo& info) {
    watch_.reset();
    deadline_->cancel();
    if (auto blocking = sys::make_blocking_for_kernel(socket_.get(), name_); !blocking) {
        return fail_with(std::move(blocking).error());
    }
    const Done done = std::move(done_);
    done(Connection{.socket = std::move(socket_), .info = info, .server = server_});
}

void Attempt::fail_with(Error error, bool is_lasting, bool is_cut_short) {
    watch_.reset();
    deadline_->cancel();
    const Done done = std::move(done_);
    done(Retry::Failure{
        .error = std::move(error), .is_lasting = is_lasting, .is_cut_short = is_cut_short});
}

}  // namespace nbdroot::agent::attach
