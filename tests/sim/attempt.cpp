#include "tests/sim/attempt.h"

#include <array>
#include <utility>

#include "tests/sim/image.h"

namespace nbdroot::sim {
namespace {

namespace attach = agent::attach;
using attach::FirstBlocks;
using protocol::nbd::ClientHandshake;

constexpr std::size_t kReadBytes = 4096;

std::string name_to_ask(const std::optional<agent::attach::Identity>& expected) {
    const bool has_name = expected && !expected->canonical_name.empty();
    return has_name ? expected->canonical_name : kExportName;
}

}  // namespace

Attempt::Attempt(Env& env, Net& net, std::size_t host,
                 std::optional<agent::attach::Identity> expected, Done done)
    : env_(env),
      host_(host),
      expected_(std::move(expected)),
      done_(std::move(done)),
      handshake_({.goal = ClientHandshake::Goal::transmit, .export_name = name_to_ask(expected_)}),
      deadline_(env.schedule, [this] { fail_with("no answer in time"); }),
      connecting_(net.connect(
          host, [this](std::unique_ptr<Socket> socket) { on_connected(std::move(socket)); })) {
    arm(kConnectLimit);
}

void Attempt::arm(Duration limit) {
    deadline_at_ = env_.schedule.now() + limit;
    deadline_.arm(deadline_at_);
}

void Attempt::on_connected(std::unique_ptr<Socket> socket) {
    if (!socket) return fail_with("connection refused");
    socket_ = std::move(socket);
    arm(kNegotiateLimit);
    socket_->on_ready([this] { on_ready(); });
}

// An outcome may destroy this, so whatever may bring one comes last.
void Attempt::on_ready() {
    std::array<std::byte, kReadBytes> buffer;
    const Tcp::Read read = socket_->receive(buffer);
    if (read.reset) return fail_with("reset");
    if (read.count == 0 && !read.over) return write();
    const ByteView bytes = ByteView(buffer).first(read.count);
    ended_ = read.over;
    if (ended_) {
        blocks_ ? blocks_->on_end() : handshake_.on_end();
    } else {
        blocks_ ? blocks_->on_bytes(bytes) : handshake_.on_bytes(bytes);
    }
    blocks_ ? look_at_blocks() : look_at_handshake();
}

void Attempt::go_on() {
    socket_->on_ready([this] { on_ready(); });
    write();
}

void Attempt::write() {
    unsent_.push(blocks_ ? blocks_->take_output() : handshake_.take_output());
    while (!unsent_.empty()) {
        const auto sent = socket_->send(unsent_.view());
        if (!sent) return fail_with("broken pipe");
        if (*sent == 0) return;
        unsent_.pop(*sent);
    }
}

void Attempt::look_at_handshake() {
    const auto& outcome = handshake_.outcome();
    if (const auto* ready = std::get_if<ClientHandshake::Ready>(&outcome)) {
        return on_negotiated(ready->info);
    }
    if (const auto* refused = std::get_if<ClientHandshake::Refused>(&outcome)) {
        return fail_with(refused->error.message(), !ended_);
    }
    go_on();
}

void Attempt::on_negotiated(const protocol::nbd::ExportInfo& info) {
    info_ = info;
    const bool has_name = !attach::canonical_name_of(info_, expected_ ? "" : kExportName).empty();
    const bool wants_blocks = expected_ ? attach::needs_first_blocks(*expected_) : !has_name;
    if (!wants_blocks) return compare({});
    blocks_.emplace(info_, cat("server ", host_));
    look_at_blocks();
}

void Attempt::look_at_blocks() {
    const auto& outcome = blocks_->outcome();
    if (const auto* read = std::get_if<FirstBlocks::Read>(&outcome)) return compare(read->bytes);
    if (const auto* broken = std::get_if<FirstBlocks::Broken>(&outcome)) {
        return fail_with(broken->error.message());
    }
    if (const auto* unreadable = std::get_if<FirstBlocks::Unreadable>(&outcome)) {
        return fail_with(unreadable->error.message());
    }
    go_on();
}

void Attempt::compare(ByteView first_blocks) {
    auto offered = attach::identity_of(
        info_, attach::canonical_name_of(info_, expected_ ? "" : kExportName), first_blocks);
    if (expected_) {
        if (const auto what = attach::difference(*expected_, offered)) {
            return fail_with("serves another image: " + *what, true);
        }
        offered = attach::next_identity(*expected_, offered);
    }
    end(Connection{.socket = std::move(socket_), .identity = std::move(offered), .info = info_});
}

void Attempt::end(Outcome outcome) {
    deadline_.cancel();
    if (auto* const connection = std::get_if<Connection>(&outcome)) {
        connection->socket->on_ready({});
    }
    const Done done = std::move(done_);
    done(std::move(outcome));
}

void Attempt::fail_with(std::string reason, bool is_lasting) {
    end(agent::attach::Retry::Failure{
        .error = {.operation = "attempt", .object = cat("server ", host_), .reason = reason},
        .is_lasting = is_lasting});
}

}  // namespace nbdroot::sim
