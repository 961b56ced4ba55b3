#include "bench/load/client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <ctime>

#include "lib/base/text.h"
#include "lib/protocol/nbd/handshake_wire.h"
#include "lib/protocol/nbd/structured_reply.h"
#include "lib/sys/error.h"

namespace nbdroot::bench {

namespace nbd = protocol::nbd;

namespace {

std::uint64_t now_us() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * 1000000 +
           static_cast<std::uint64_t>(time.tv_nsec) / 1000;
}

std::uint32_t since_us(std::uint64_t began_us) {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(now_us() - began_us, UINT32_MAX));
}

Result<sys::Fd> begin_connect(std::uint16_t port) {
    sys::Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket) return sys::fail_errno("socket", "");
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
        errno != EINPROGRESS) {
        return sys::fail_errno("connect", "127.0.0.1");
    }
    return socket;
}

std::string name_of(const std::string& pattern, std::uint64_t number) {
    const std::size_t at = pattern.find("%n");
    if (at == std::string::npos) return pattern;
    return cat(pattern.substr(0, at), number, pattern.substr(at + 2));
}

}  // namespace

Client::Client(io::Loop& loop, const Arguments& arguments, std::uint64_t number,
               Statistics& statistics, ByteSpan scratch, std::function<void()> done)
    : loop_(loop),
      arguments_(arguments),
      statistics_(statistics),
      scratch_(scratch),
      done_(std::move(done)),
      number_(number),
      export_name_(name_of(arguments.export_name, number)),
      rounds_left_(arguments.rounds),
      slots_(arguments.depth) {}

void Client::start() { connect(); }

void Client::connect() {
    connect_began_us_ = now_us();
    auto socket = begin_connect(arguments_.port);
    if (!socket) return fail(socket.error());
    socket_ = std::move(*socket);
    auto watch = loop_.watch(socket_.get(), {.readable = true, .writable = false},
                             [this](io::Ready ready) { on_ready(ready); });
    if (!watch) return fail(watch.error());
    watch_ = std::move(*watch);
    handshake_.emplace(nbd::ClientHandshake::Options{.goal = nbd::ClientHandshake::Goal::transmit,
                                                     .export_name = export_name_});
    plan_.reset();
    plan_done_ = false;
    asked_ = false;
}

void Client::on_ready(io::Ready ready) {
    if (ready.readable) {
        const ssize_t got = ::recv(socket_.get(), scratch_.data(), scratch_.size(), 0);
        if (got < 0 && errno != EAGAIN) return fail(sys::fail_errno("receive", "").value());
        if (got == 0) return fail({"receive", "", "the server closed the connection", 0});
        if (got > 0) {
            const ByteView bytes = scratch_.first(static_cast<std::size_t>(got));
            if (plan_) {
                read_replies(bytes);
            } else {
                read_handshake(bytes);
            }
        }
    }
    if (watch_ != nullptr) flush_output();
}

// The client's side of the library asks for simple replies only, as the agent does: the option goes
// between its flags and its first option.
void Client::send_handshake(ByteView bytes) {
    ByteWriter writer(output_);
    if (arguments_.replies == Replies::simple || asked_ || bytes.empty())
        return writer.bytes(bytes);
    asked_ = true;
    const std::size_t flags = sizeof(be32);
    writer.bytes(bytes.first(flags));
    writer.value(
        nbd::OptionHeaderWire{.magic = nbd::kOptionMagic,
                              .option = static_cast<std::uint32_t>(nbd::Option::structured_reply),
                              .length = 0});
    held_.assign(bytes.begin() + flags, bytes.end());
}

bool Client::read_structured_answer(ByteView& bytes) {
    ByteReader reader(bytes);
    const auto reply = reader.value<nbd::OptionReplyWire>();
    if (!reply || reply->type != static_cast<std::uint32_t>(nbd::OptionReply::ack)) {
        fail({"negotiate", "", "the server has no structured replies", 0});
        return false;
    }
    bytes = reader.rest();
    ByteWriter(output_).bytes(std::exchange(held_, {}));
    return true;
}

void Client::read_handshake(ByteView bytes) {
    if (!held_.empty() && !read_structured_answer(bytes)) return;
    handshake_->on_bytes(bytes);
    send_handshake(handshake_->take_output());
    if (const auto* refused = std::get_if<nbd::ClientHandshake::Refused>(&handshake_->outcome())) {
        return fail(refused->error);
    }
    const auto* accepted = std::get_if<nbd::ClientHandshake::Ready>(&handshake_->outcome());
    if (accepted == nullptr) return;
    statistics_.connect_microseconds.push_back(since_us(connect_began_us_));
    plan_.emplace(Plan::Options{.pattern = arguments_.pattern,
                                .image_bytes = accepted->info.size_bytes,
                                .block_bytes = arguments_.block_bytes,
                                .total_bytes = arguments_.client_bytes,
                                .seed = 1000003 * number_ + rounds_left_,
                                .write_percent = arguments_.write_percent});
    fill_queue();
}

void Client::fill_queue() {
    for (std::size_t i = 0; i < slots_.size() && !plan_done_; ++i) {
        if (slots_[i].busy) continue;
        const auto access = plan_->next();
        if (!access) {
            plan_done_ = true;
            break;
        }
        ask(i, *access);
    }
    if (plan_done_ && in_flight_ == 0) end_round();
}

void Client::ask(std::size_t slot, const Access& access) {
    slots_[slot] = {.began_us = now_us(),
                    .length_bytes = access.length_bytes,
                    .writes = access.writes,
                    .busy = true};
    ++in_flight_;
    ByteWriter writer(output_);
    writer.value(nbd::encode(
        nbd::Request{.command = access.writes ? nbd::Command::write : nbd::Command::read,
                     .flags = 0,
                     .cookie = slot,
                     .offset_bytes = access.offset_bytes,
                     .length_bytes = access.length_bytes}));
    if (!access.writes) return;
    for (std::uint32_t i = 0; i < access.length_bytes / sizeof(be64); ++i) {
        writer.value(be64(number_));
    }
}

void Client::read_replies(ByteView bytes) {
    while (!bytes.empty()) {
        if (payload_left_ > 0) {
            const std::size_t part = std::min<std::size_t>(payload_left_, bytes.size());
            payload_left_ -= static_cast<std::uint32_t>(part);
            bytes = bytes.subspan(part);
            if (payload_left_ == 0) finish_reply();
            continue;
        }
        const std::size_t part = std::min(header_size() - header_.size(), bytes.size());
        ByteWriter(header_).bytes(bytes.first(part));
        bytes = bytes.subspan(part);
        if (header_.size() < header_size()) break;
        const bool understood = on_header();
        header_.clear();
        if (!understood)
            return fail({"transmit", "", "the server answered an error or nonsense", 0});
    }
    fill_queue();
}

std::size_t Client::header_size() const {
    return arguments_.replies == Replies::simple ? nbd::kSimpleReplySize : nbd::kChunkHeaderSize;
}

// The lengths of a reply's chunks are not added up: this measures, others check.
bool Client::on_header() {
    const ByteView bytes(header_);
    if (arguments_.replies == Replies::simple) {
        const auto reply = nbd::parse_simple_reply(bytes.first<nbd::kSimpleReplySize>());
        if (!reply || reply->error != nbd::ErrorNumber::none) return false;
        current_cookie_ = reply->cookie;
    } else {
        const auto chunk = nbd::parse_chunk_header(bytes.first<nbd::kChunkHeaderSize>());
        if (!chunk || (chunk->type != nbd::ChunkType::offset_data &&
                       chunk->type != nbd::ChunkType::offset_hole)) {
            return false;
        }
        current_cookie_ = chunk->cookie;
        payload_left_ = chunk->length_bytes;
        last_chunk_ = (chunk->flags & nbd::kChunkDone) != 0;
    }
    if (current_cookie_ >= slots_.size() || !slots_[current_cookie_].busy) return false;
    if (arguments_.replies == Replies::simple) {
        const Slot& slot = slots_[current_cookie_];
        payload_left_ = slot.writes ? 0 : slot.length_bytes;
        if (slot.writes) finish_reply();
    }
    return true;
}

void Client::finish_reply() {
    if (!last_chunk_) return;
    Slot& slot = slots_[current_cookie_];
    slot.busy = false;
    --in_flight_;
    statistics_.bytes += slot.length_bytes;
    ++(slot.writes ? statistics_.writes : statistics_.reads);
    if (!slot.writes) statistics_.read_microseconds.push_back(since_us(slot.began_us));
}

void Client::flush_output() {
    std::size_t sent = 0;
    while (sent < output_.size()) {
        const ssize_t put =
            ::send(socket_.get(), output_.data() + sent, output_.size() - sent, MSG_NOSIGNAL);
        if (put < 0 && errno == EAGAIN) break;
        if (put < 0) return fail(sys::fail_errno("send", "").value());
        sent += static_cast<std::size_t>(put);
    }
    output_.erase(output_.begin(), output_.begin() + static_cast<std::ptrdiff_t>(sent));
    watch_->set_interest({.readable = true, .writable = !output_.empty()});
}

void Client::end_round() {
    ByteWriter(output_).value(nbd::encode(nbd::Request{.command = nbd::Command::disconnect}));
    flush_output();
    if (watch_ == nullptr) return;  // the send failed and has been counted
    watch_.reset();
    socket_.reset();
    output_.clear();
    ++statistics_.served;
    if (--rounds_left_ == 0) return done_();
    connect();
}

void Client::fail(const Error& error) {
    if (statistics_.failed++ == 0) {
        std::fprintf(stderr, "nbd-load: first failure: %s\n", error.message().c_str());
    }
    watch_.reset();
    socket_.reset();
    done_();
}

}  // namespace nbdroot::bench
