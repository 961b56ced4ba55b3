#include "agent/service/connection.h"

#include <array>
#include <cerrno>
#include <utility>

#include "lib/base/text.h"
#include "lib/protocol/nbd/client_handshake.h"
#include "lib/protocol/nbd/transmission.h"
#include "lib/protocol/service/service_name.h"

namespace nbdroot::agent::service {
namespace {

using protocol::nbd::ClientHandshake;
using protocol::nbd::Command;
using protocol::nbd::ExportInfo;
using protocol::nbd::OptionReply;
using protocol::service::Header;
using protocol::service::kHeaderBytes;

// Read at once: all of most answers.
constexpr std::size_t kFirstRead = std::size_t{8} * 1024;

Failure not_supported(const std::string& server, std::string_view why) {
    return fail("ask", server, cat("not supported by this server: ", why), kNotSupported);
}

// Ours say who else has the export, and why; others that they have no such export.
Failure explain(const std::string& server, const ClientHandshake::Refused& refused) {
    const std::string why = base::printable(refused.error.reason, 1024);
    // What the server has added stands in brackets.
    const bool has_no_room = why.ends_with(cat(protocol::service::kTryAgain, ")"));
    if (refused.reply == OptionReply::error_policy) {
        return fail("ask", server, why, has_no_room ? kBusy : kRefused);
    }
    if (refused.reply == OptionReply::error_shutdown) return fail("ask", server, why, kBusy);
    return not_supported(server, why);
}

Result<ExportInfo> negotiate(sys::TimedStream& stream, ClientHandshake::Goal goal,
                             const std::string& name) {
    ClientHandshake handshake({.goal = goal, .export_name = name});
    std::array<std::byte, 4096> buffer;
    bool has_spoken = false;
    for (;;) {
        NBDROOT_CHECK(stream.send(handshake.take_output()));
        if (const auto* const ready = std::get_if<ClientHandshake::Ready>(&handshake.outcome())) {
            return ready->info;
        }
        if (const auto* const refused =
                std::get_if<ClientHandshake::Refused>(&handshake.outcome())) {
            return explain(stream.peer(), *refused);
        }
        const std::size_t count = NBDROOT_TRY(stream.receive(buffer));
        // Nobody's server says nothing: what is before it, or one that has no room, let us in.
        if (count == 0 && !has_spoken) {
            return fail("ask", stream.peer(),
                        "the server closed the connection before its greeting");
        }
        has_spoken = true;
        if (count == 0) {
            handshake.on_end();
        } else {
            handshake.on_bytes(ByteView(buffer).first(count));
        }
    }
}

Result<void> check_window(const std::string& server, const ExportInfo& info) {
    if (protocol::service::looks_like_window(info)) return {};
    return not_supported(server, "it answers any name with a disk");
}

}  // namespace

Result<Connection> Connection::open(const Server& server, const Limits& limits) {
    const std::string name = protocol::service::reserved_name(server.subject);
    for (const auto goal : {ClientHandshake::Goal::info, ClientHandshake::Goal::transmit}) {
        auto stream =
            NBDROOT_TRY(sys::TimedStream::connect(server.address, server.text, limits.connect));
        stream.set_limit(limits.silence);
        const ExportInfo info = NBDROOT_TRY(negotiate(stream, goal, name));
        NBDROOT_CHECK(check_window(server.text, info));
        if (goal == ClientHandshake::Goal::info) continue;
        Connection connection(std::move(stream));
        NBDROOT_CHECK(connection.send_read(0, kHeaderBytes));
        const Bytes raw = NBDROOT_TRY(connection.take_read(kHeaderBytes));
        const auto header = protocol::service::parse_header(ByteView(raw).first<kHeaderBytes>());
        if (!header) return not_supported(server.text, header.error().reason);
        return connection;
    }
    return fail("ask", server.text, "no connection");
}

Result<Answer> Connection::ask(const protocol::service::Request& request) {
    NBDROOT_CHECK(begin(request));
    return finish();
}

Result<void> Connection::begin(const protocol::service::Request& request) {
    const std::string text = protocol::service::to_json(request);
    if (text.size() > protocol::service::kMaximumRequest) {
        return fail("ask", stream_.peer(), "the request is too long", E2BIG);
    }
    Bytes bytes;
    ByteWriter out(bytes);
    out.value(protocol::nbd::encode(
        protocol::nbd::Request{.command = Command::write,
                               .cookie = ++sent_cookie_,
                               .length_bytes = static_cast<std::uint32_t>(text.size())}));
    out.text(text);
    NBDROOT_CHECK(stream_.send(bytes));
    return send_read(0, kFirstRead);
}

Result<Answer> Connection::finish() {
    NBDROOT_CHECK(take_reply(++taken_cookie_));
    const std::uint32_t number = ++finished_;
    for (;;) {
        const Bytes raw = NBDROOT_TRY(take_read(kFirstRead));
        const Header header =
            NBDROOT_TRY(protocol::service::parse_header(ByteView(raw).first<kHeaderBytes>()));
        if (header.number != number) {
            return fail("ask", stream_.peer(), "it answers another request");
        }
        if (header.status == protocol::service::Status::working) {
            NBDROOT_CHECK(send_read(0, kFirstRead));
            continue;
        }
        const std::string_view first = base::as_text(raw).substr(kHeaderBytes);
        Answer answer{.status = header.status,
                      .text = std::string(first.substr(0, header.length_bytes))};
        if (answer.text.size() == header.length_bytes) return answer;
        const std::size_t missing = header.length_bytes - answer.text.size();
        NBDROOT_CHECK(send_read(kFirstRead, missing));
        answer.text += base::as_text(NBDROOT_TRY(take_read(missing)));
        return answer;
    }
}

Result<void> Connection::send_read(std::uint64_t offset_bytes, std::size_t count) {
    const auto wire = protocol::nbd::encode(
        protocol::nbd::Request{.command = Command::read,
                               .cookie = ++sent_cookie_,
                               .offset_bytes = offset_bytes,
                               .length_bytes = static_cast<std::uint32_t>(count)});
    return stream_.send(std::as_bytes(std::span(&wire, 1)));
}

Result<void> Connection::take_reply(std::uint64_t cookie) {
    std::array<std::byte, protocol::nbd::kSimpleReplySize> raw;
    NBDROOT_CHECK(stream_.receive_all(raw));
    const auto reply = NBDROOT_TRY(protocol::nbd::parse_simple_reply(raw));
    if (reply.cookie != cookie) {
        return fail("ask", stream_.peer(), "a reply to something that was not asked");
    }
    if (reply.error == protocol::nbd::ErrorNumber::none) return {};
    return fail("ask", stream_.peer(),
                cat("the request was refused, error ", static_cast<std::uint32_t>(reply.error)));
}

Result<Bytes> Connection::take_read(std::size_t count) {
    NBDROOT_CHECK(take_reply(++taken_cookie_));
    Bytes bytes(count);
    NBDROOT_CHECK(stream_.receive_all(bytes));
    return bytes;
}

}  // namespace nbdroot::agent::service
