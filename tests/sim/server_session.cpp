#include "tests/sim/server_session.h"

#include <array>
#include <utility>

namespace nbdroot::sim {
namespace {

using protocol::nbd::ErrorNumber;
using protocol::nbd::kRequestSize;
using protocol::nbd::Request;
using protocol::nbd::ServerHandshake;
using protocol::nbd::SimpleReply;

constexpr std::size_t kRunning = 24;
constexpr std::size_t kInput = 32 << 10;  // the longest request fits
constexpr std::size_t kHandshakeBytes = 500;

}  // namespace

ServerSession::ServerSession(Env& env, Server& server, std::unique_ptr<Socket> socket)
    : env_(env), server_(server), socket_(std::move(socket)) {
    if (server_.resets_one_in != 0 && env_.random.one_in(server_.resets_one_in)) {
        resets_after_ = env_.random.between(1, kHandshakeBytes);
    }
}

void ServerSession::begin() {
    socket_->on_ready([weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->on_ready();
    });
}

void ServerSession::on_ready() {
    const auto self = shared_from_this();  // it may close
    if (state_ == State::closed || server_.stopped_) return;
    process();
    if (state_ != State::closed) write();
    if (state_ != State::closed) read();
}

void ServerSession::read() {
    std::array<std::byte, 4096> buffer;
    while (state_ != State::closed && running < kRunning && input_.size() < kInput) {
        const Tcp::Read read = socket_->receive(buffer);
        if (read.reset || (read.over && running == 0 && output_.empty())) return shut_down();
        if (read.count == 0) return;
        seen_ += read.count;
        input_.push(ByteView(buffer).first(read.count));
        process();
        if (state_ != State::closed) write();
    }
}

void ServerSession::process() {
    if (state_ == State::negotiating) negotiate();
    while (state_ == State::transmission && running < kRunning && take_request()) {
    }
}

void ServerSession::negotiate() {
    while (state_ == State::negotiating) {
        const std::size_t taken = handshake_.on_bytes(input_.view());
        input_.pop(taken);
        const auto event = handshake_.take_event();
        output_.push(handshake_.take_output());
        if (event) on_event(*event);
        if (!event && taken == 0) return;
    }
}

void ServerSession::on_event(const ServerHandshake::Event& event) {
    if (const auto* wanted = std::get_if<ServerHandshake::ExportWanted>(&event)) {
        return on_wanted(wanted->name);
    }
    if (std::holds_alternative<ServerHandshake::TransmissionBegins>(event)) {
        state_ = State::transmission;
        return;
    }
    if (std::holds_alternative<ServerHandshake::ListWanted>(event)) {
        return handshake_.answer_list({kExportName});
    }
    write();
    shut_down();
}

void ServerSession::on_wanted(const std::string& name) {
    token_ = server_.settings_.names ? server_.token_of(name) : "-";
    if (token_.empty()) {
        return handshake_.refuse_export(protocol::nbd::OptionReply::error_unknown,
                                        "no such image here");
    }
    state_ = State::waiting;
    server_.arrive(*this);
}

void ServerSession::admit(const protocol::nbd::ExportInfo& info) {
    if (state_ != State::waiting) return;
    env_.journal.say("server ", server_.settings_.host, ": admits a connection");
    info_ = info;
    state_ = State::negotiating;
    handshake_.accept_export(info);
    on_ready();
}

void ServerSession::refuse(const char* why) {
    if (state_ != State::waiting) return;
    env_.journal.say("server ", server_.settings_.host, ": refuses a connection: ", why);
    state_ = State::negotiating;
    handshake_.refuse_export(protocol::nbd::OptionReply::error_policy, why);
    on_ready();
}

void ServerSession::shut_down() {
    if (std::exchange(state_, State::closed) == State::closed) return;
    input_.clear();
    output_.clear();
    const auto self = shared_from_this();
    socket_.reset();
    server_.close(*this);
}

bool ServerSession::take_request() {
    if (input_.size() < kRequestSize) return false;
    const auto request = protocol::nbd::parse_request(input_.view().first<kRequestSize>());
    if (!request) {
        env_.journal.fail("the server cannot read what the client sent");
        return false;
    }
    if (request->command == protocol::nbd::Command::disconnect) {
        shut_down();
        return false;
    }
    const std::size_t payload = payload_length(*request);
    if (input_.size() - kRequestSize < payload) return false;
    const ByteView data = input_.view().subspan(kRequestSize, payload);
    const ErrorNumber error = check_request(*request, info_);
    if (error != ErrorNumber::none) {
        answer(*request, error, {});
    } else {
        ++running;
        server_.begin_work(shared_from_this(), *request, Bytes(data.begin(), data.end()));
    }
    input_.pop(kRequestSize + payload);
    return true;
}

void ServerSession::answer(const Request& request, ErrorNumber error, ByteView data) {
    if (state_ == State::closed) return;
    Bytes reply;
    ByteWriter writer(reply);
    writer.value(encode(SimpleReply{.error = error, .cookie = request.cookie}));
    writer.bytes(data);
    if (server_.lies_one_in != 0 && env_.random.one_in(server_.lies_one_in)) send_lie(reply);
    output_.push(reply);
}

// Before a true reply something that no honest server says.
void ServerSession::send_lie(ByteView true_reply) {
    const std::uint64_t kind = env_.random.below(server_.may_say_shutdown ? 6 : 5);
    env_.journal.say("server ", server_.settings_.host, ": lies, kind ", kind);
    Bytes lie;
    ByteWriter writer(lie);
    const auto reply = [&](ErrorNumber error, std::uint64_t cookie) {
        writer.value(encode(SimpleReply{.error = error, .cookie = cookie}));
    };
    const std::uint64_t unknown = env_.random.next() | std::uint64_t{1} << 63;
    const auto cookie = protocol::nbd::parse_simple_reply(true_reply.first<16>())->cookie;
    switch (kind) {
        case 0:  // garbage
            for (std::uint64_t left = env_.random.between(16, 200); left > 0; --left) {
                writer.u8(static_cast<std::uint8_t>(env_.random.next()));
            }
            break;
        case 1:
            reply(ErrorNumber::none, unknown);
            break;
        case 2:
            reply(ErrorNumber::io, unknown);
            break;
        case 3:  // twice
            writer.bytes(true_reply);
            break;
        case 4:  // more data than was asked for
            writer.bytes(true_reply);
            writer.zeros(env_.random.between(16, 600));
            break;
        default:
            reply(ErrorNumber::shutdown, cookie);
            break;
    }
    output_.push(lie);
}

void ServerSession::write() {
    while (!output_.empty()) {
        const bool resets = resets_after_ != 0 && seen_ >= resets_after_;
        if (resets && state_ != State::transmission) {
            env_.journal.say("server ", server_.settings_.host, ": resets in the handshake");
            socket_->abort();
            return shut_down();
        }
        const auto sent = socket_->send(output_.view());
        if (!sent) return shut_down();
        if (*sent == 0) return;
        seen_ += *sent;
        output_.pop(*sent);
    }
}

}  // namespace nbdroot::sim
