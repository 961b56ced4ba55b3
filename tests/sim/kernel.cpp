#include "tests/sim/kernel.h"

#include <array>
#include <utility>

namespace nbdroot::sim {
namespace {

using protocol::nbd::Command;
using protocol::nbd::ErrorNumber;
using protocol::nbd::SimpleReply;

constexpr Duration kIoTimeout{2'000};
constexpr std::size_t kReadBytes = 8 << 10;

// As the driver makes them: how often something was sent, and the tag.
std::uint64_t cookie_of(std::uint32_t generation, Load::Tag tag) {
    return std::uint64_t{generation} << 32 | tag;
}
Load::Tag tag_of(std::uint64_t cookie) { return static_cast<Load::Tag>(cookie); }

void append(ByteQueue& queue, const Load::Work& work, std::uint64_t cookie) {
    protocol::nbd::Request request = work.request;
    request.cookie = cookie;
    const auto wire = encode(request);
    queue.push(std::as_bytes(std::span(&wire, 1)));
    queue.push(work.payload);
}

std::uint32_t data_bytes(const Load::Work& work, const SimpleReply& reply) {
    const bool has_data = work.request.command == Command::read && reply.error == ErrorNumber::none;
    return has_data ? work.request.length_bytes : 0;
}

}  // namespace

Issuer::Issuer(Env& env, Load& load, Duration longest_pause, std::function<void(Load::Tag)> send)
    : env_(env),
      load_(load),
      longest_pause_(longest_pause),
      send_(std::move(send)),
      timer_(env.schedule, [this] { issue(); }) {
    timer_.arm_after(Duration(1));
}

void Issuer::issue() {
    // Most come in swarms.
    const bool in_swarm = env_.random.one_in(3);
    timer_.arm_after(
        env_.random.between(Duration(0), in_swarm ? longest_pause_ / 16 : longest_pause_));
    for (std::uint64_t left = env_.random.between(1, 6); left > 0; --left) {
        if (const auto tag = load_.begin()) send_(*tag);
    }
}

RelayedKernel::RelayedKernel(Env& env, Load& load, Duration longest_pause, SocketPair& pair)
    : env_(env),
      load_(load),
      pair_(pair),
      reading_(env.schedule, [this] { read(); }),
      writing_(env.schedule, [this] { write(); }),
      issuer_(env, load, longest_pause, [this](Load::Tag tag) { send(tag); }) {}

void RelayedKernel::send(Load::Tag tag) {
    cookies_[tag] = cookie_of(++generation_, tag);
    append(unsent_, load_.work(tag), cookies_[tag]);
    write();
}

void RelayedKernel::on_ready() {
    write();
    if (!pair_.replies.empty() && !reading_.is_armed()) {
        reading_.arm_after(Duration(env_.random.one_in(20) ? env_.random.below(300) : 0));
    }
}

void RelayedKernel::write() {
    const std::size_t room = SocketPair::kBytes - pair_.requests.size();
    const std::size_t count = env_.random.some_of(std::min(room, unsent_.size()));
    if (count == 0) return;
    pair_.requests.push(unsent_.view().first(count));
    unsent_.pop(count);
    if (!unsent_.empty()) writing_.arm_after(Duration(0));
    if (pair_.relay_ready) pair_.relay_ready();
}

void RelayedKernel::read() {
    const std::size_t count = env_.random.some_of(pair_.replies.size());
    reader_.bytes.push(pair_.replies.view().first(count));
    pair_.replies.pop(count);
    const auto bytes_of = [&](const SimpleReply& header) -> std::optional<std::uint32_t> {
        const auto known = cookies_.find(tag_of(header.cookie));
        if (known == cookies_.end() || known->second != header.cookie) return std::nullopt;
        return data_bytes(load_.work(known->first), header);
    };
    ReplyReader::Reply reply;
    auto found = ReplyReader::Found::nothing;
    while ((found = reader_.next(reply, bytes_of)) == ReplyReader::Found::reply) {
        const Load::Tag tag = tag_of(reply.header.cookie);
        cookies_.erase(tag);
        load_.end(tag, reply.header.error, reply.data);
    }
    if (found == ReplyReader::Found::garbage) {
        env_.journal.fail("the kernel cannot read what the relay gave it");
    }
    if (pair_.relay_ready) pair_.relay_ready();
    if (!pair_.replies.empty()) reading_.arm_after(Duration(0));
}

DirectKernel::DirectKernel(Env& env, Load& load, Duration longest_pause, Dead dead)
    : env_(env),
      load_(load),
      on_dead_(std::move(dead)),
      issuer_(env, load, longest_pause, [this](Load::Tag tag) { send(tag); }) {}

Result<void> DirectKernel::install(std::shared_ptr<Socket> socket) {
    if (!dead_) return fail("reconfigure", "nbd0", "no dead socket");
    socket_ = std::move(socket);
    ++connection_;
    dead_ = false;
    reader_ = {};
    unsent_.clear();
    if (!waiting_.empty()) commands_[waiting_.front()].connection = 0;
    socket_->on_ready([this] { read(); });
    return {};
}

void DirectKernel::send(Load::Tag tag) {
    const std::uint64_t timer = ++timers_;
    commands_[tag] = {.timer = timer};
    env_.schedule.after(kIoTimeout, [this, tag, timer] { expire(tag, timer); });
    waiting_.push_back(tag);
    write();
}

void DirectKernel::write() {
    while (!dead_ && !waiting_.empty()) {
        const Load::Tag tag = waiting_.front();
        Command& command = commands_.at(tag);
        if (command.connection == 0) {
            command.cookie = cookie_of(++generation_, tag);
            command.connection = connection_;
            unsent_.clear();
            append(unsent_, load_.work(tag), command.cookie);
        }
        const auto sent = socket_->send(unsent_.view());
        if (!sent) return mark_dead("send failed");
        if (*sent == 0) return;
        unsent_.pop(*sent);
        if (unsent_.empty()) waiting_.pop_front();
    }
}

void DirectKernel::read() {
    std::array<std::byte, kReadBytes> buffer;
    while (!dead_) {
        const Tcp::Read read = socket_->receive(buffer);
        if (read.over) return mark_dead(read.reset ? "reset" : "closed");
        if (read.count == 0) break;
        reader_.bytes.push(ByteView(buffer).first(read.count));
        if (!take_replies()) return mark_dead("unexpected reply");
    }
    write();
}

bool DirectKernel::take_replies() {
    const auto bytes_of = [&](const SimpleReply& header) -> std::optional<std::uint32_t> {
        const auto known = commands_.find(tag_of(header.cookie));
        if (known == commands_.end() || known->second.cookie != header.cookie) return std::nullopt;
        return data_bytes(load_.work(known->first), header);
    };
    ReplyReader::Reply reply;
    auto found = ReplyReader::Found::nothing;
    while ((found = reader_.next(reply, bytes_of)) == ReplyReader::Found::reply) {
        const Load::Tag tag = tag_of(reply.header.cookie);
        commands_.erase(tag);
        load_.end(tag, reply.header.error, reply.data);
    }
    return found == ReplyReader::Found::nothing;
}

void DirectKernel::expire(Load::Tag tag, std::uint64_t timer) {
    const auto known = commands_.find(tag);
    if (known == commands_.end() || known->second.timer != timer) return;
    env_.schedule.after(kIoTimeout, [this, tag, timer] { expire(tag, timer); });
    Command& command = known->second;
    if (command.connection == 0 || command.connection == connection_) return;
    command.connection = 0;
    command.cookie = 0;
    env_.journal.say("kernel: sends ", tag, " again");
    waiting_.push_back(tag);
    write();
}

void DirectKernel::mark_dead(const char* why) {
    env_.journal.say("kernel: link dead: ", why);
    dead_ = true;
    socket_->shut_down();
    on_dead_(socket_, why);
}

}  // namespace nbdroot::sim
