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

// What to ask for: the name of this boot's image, where it has one.
ClientHandshake::Options handshake_options(const config::Target& server,
                                           const std::optional<Identity>& expected) {
    if (!expected || expected->canonical_name.empty()) return {.export_name = server.export_name};
    return {.export_name = expected->canonical_name,
            .decoy_name = decoy_of(expected->canonical_name)};
}

}  // namespace

Attempt::Attempt(io::Loop& loop, const Server& server, const Limits& limits,
                 std::optional<Instant> give_up_at, std::optional<Identity> expected, Done done,
                 AmongOthers among)
    : loop_(loop),
      server_(server.target),
      name_(describe(server_)),
      limits_(limits),
      give_up_at_(give_up_at),
      done_(std::move(done)),
      may_negotiate_(std::move(among.may_negotiate)),
      handshake_(handshake_options(server_, expected)),
      expected_(std::move(expected)),
      deadline_(loop.timer([this] { on_deadline(); })) {
    begin(server.address, among.path);
}

void Attempt::begin(const sys::SocketAddress& address, const sys::Path& path) {
    auto socket = sys::start_connect(address, name_, path);
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
    if (phase_ == Phase::waiting) return on_closed();
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
    if (!may_negotiate_ || may_negotiate_()) return negotiate();
    phase_ = Phase::waiting;
    deadline_->cancel();
    if (give_up_at_) deadline_->arm(*give_up_at_);
    watch_->set_interest({.hung_up = true});
}

// The handshake begins with the server's greeting: there is nothing to send that could fail.
void Attempt::negotiate() {
    phase_ = Phase::negotiating;
    arm(limits_.negotiate);
    watch_->set_interest({.readable = true});
}

void Attempt::on_closed() {
    fail_with({.operation = "negotiate",
               .object = name_,
               .reason = "the server closed the connection before its turn came",
               .code = ECONNRESET});
}

void Attempt::read_input() {
    std::array<std::byte, kReceiveBytes> buffer;
    auto moved = sys::receive_some(socket_.get(), buffer, name_);
    if (!moved) return fail_with(std::move(moved).error());
    if (!*moved) return;
    const std::size_t count = **moved;
    if (count == 0) {
        ended_ = true;
        blocks_ ? blocks_->on_end() : handshake_.on_end();
    } else {
        const ByteView bytes = ByteView(buffer).first(count);
        blocks_ ? blocks_->on_bytes(bytes) : handshake_.on_bytes(bytes);
    }
    blocks_ ? check_first_blocks() : check_handshake();
}

// Sends what there is to say, then asks the loop for what is missing.
void Attempt::write_output() {
    const Bytes more = blocks_ ? blocks_->take_output() : handshake_.take_output();
    unsent_.insert(unsent_.end(), more.begin(), more.end());
    if (!unsent_.empty()) {
        auto moved = sys::send_some(socket_.get(), unsent_, name_);
        if (!moved) return fail_with(std::move(moved).error());
        const auto count = static_cast<std::ptrdiff_t>(moved->value_or(0));
        unsent_.erase(unsent_.begin(), unsent_.begin() + count);
    }
    watch_->set_interest({.readable = true, .writable = !unsent_.empty()});
}

void Attempt::check_handshake() {
    const ClientHandshake::Outcome& outcome = handshake_.outcome();
    if (const auto* ready = std::get_if<ClientHandshake::Ready>(&outcome)) {
        return on_negotiated(ready->info);
    }
    if (const auto* refused = std::get_if<ClientHandshake::Refused>(&outcome)) {
        return on_refused(*refused);
    }
    write_output();
}

void Attempt::on_refused(const ClientHandshake::Refused& refused) {
    Error error = explain(refused, server_, expected_ ? expected_->canonical_name : "");
    const Bytes farewell = handshake_.take_output();
    // Politeness only: the connection is closed next, whether or not it was heard.
    if (!farewell.empty()) (void)sys::send_some(socket_.get(), farewell, name_);
    fail_with(std::move(error), !ended_);
}

// A canonical name says all; without one the disk has to be looked at.
void Attempt::on_negotiated(const protocol::nbd::ExportInfo& info) {
    info_ = info;
    const bool has_name = !canonical_name().empty();
    const bool wants_blocks = expected_ ? needs_first_blocks(*expected_) : !has_name;
    if (!wants_blocks) return compare({});
    blocks_.emplace(info_, name_);
    check_first_blocks();
}

void Attempt::check_first_blocks() {
    const FirstBlocks::Outcome& outcome = blocks_->outcome();
    if (const auto* read = std::get_if<FirstBlocks::Read>(&outcome)) return compare(read->bytes);
    if (const auto* broken = std::get_if<FirstBlocks::Broken>(&outcome)) {
        return fail_with(broken->error);
    }
    if (const auto* unreadable = std::get_if<FirstBlocks::Unreadable>(&outcome)) {
        return on_unreadable(unreadable->error);
    }
    write_output();
}

// No reason to refuse a boot, whose root may lie elsewhere on the disk.
void Attempt::on_unreadable(const Error& error) {
    if (expected_) return fail_with(error);
    warning_ = cat("attach: ", error.message(), "; going on, but no other server can be compared");
    compare({});
}

void Attempt::compare(ByteView first_blocks) {
    Identity offered = identity_of(info_, canonical_name(), first_blocks);
    if (!expected_) return hand_over(std::move(offered));
    if (const auto what = difference(*expected_, offered)) {
        return fail_with(
            {.operation = "compare",
             .object = name_,
             .reason = cat("serves another image than this boot's: ", *what, "; server skipped"),
             .code = ESTALE},
            true);
    }
    hand_over(next_identity(*expected_, offered));
}

std::string Attempt::canonical_name() const {
    const bool asked_for_it = expected_ && !expected_->canonical_name.empty();
    return canonical_name_of(info_, asked_for_it ? "" : server_.export_name);
}

void Attempt::hand_over(Identity identity) {
    watch_.reset();
    deadline_->cancel();
    if (auto blocking = sys::make_blocking_for_kernel(socket_.get(), name_); !blocking) {
        return fail_with(std::move(blocking).error());
    }
    const Done done = std::move(done_);
    done(Connection{.socket = std::move(socket_),
                    .info = std::move(info_),
                    .server = server_,
                    .identity = std::move(identity),
                    .warning = std::move(warning_)});
}

void Attempt::fail_with(Error error, bool is_lasting, bool is_cut_short) {
    watch_.reset();
    deadline_->cancel();
    const Done done = std::move(done_);
    done(Retry::Failure{
        .error = std::move(error), .is_lasting = is_lasting, .is_cut_short = is_cut_short});
}

}  // namespace nbdroot::agent::attach
