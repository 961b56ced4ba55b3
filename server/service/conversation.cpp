#include "server/service/conversation.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "lib/base/assert.h"
#include "lib/base/text.h"
#include "lib/protocol/nbd/structured_reply.h"

namespace nbdroot::server::service {
namespace {

using protocol::nbd::Command;
using protocol::service::Header;
using protocol::service::kHeaderBytes;

// Replies that nobody has taken yet; then no request is begun. One more window may come on top.
constexpr std::size_t kMaximumOutput = std::size_t{64} * 1024;

const protocol::nbd::ExportInfo& window() {
    static const protocol::nbd::ExportInfo kInfo = protocol::service::window_info();
    return kInfo;
}

}  // namespace

std::size_t Conversation::on_bytes(ByteView bytes) {
    std::size_t used = 0;
    while (!over_ && output_.size() < kMaximumOutput) {
        const std::size_t taken = step(bytes.subspan(used));
        if (taken == 0) break;
        used += taken;
    }
    return used;
}

std::size_t Conversation::step(ByteView bytes) {
    if (skip_bytes_ > 0) return skip(bytes);
    if (bytes.size() < protocol::nbd::kRequestSize) return 0;
    const auto request = protocol::nbd::parse_request(bytes.first<protocol::nbd::kRequestSize>());
    if (!request) {
        over_ = cat("closed: ", request.error().message());
        return 0;
    }
    if (request->command == Command::disconnect) {
        over_ = "disconnected";
        return protocol::nbd::kRequestSize;
    }
    const ErrorNumber error = protocol::nbd::check_request(*request, window(), features_);
    if (error != ErrorNumber::none) return refuse(*request, error);
    if (request->command == Command::read) return read(*request);
    if (request->command == Command::write) return write(*request, bytes);
    return refuse(*request, ErrorNumber::invalid);
}

std::size_t Conversation::skip(ByteView bytes) {
    const std::size_t now = std::min<std::uint64_t>(bytes.size(), skip_bytes_);
    skip_bytes_ -= now;
    return now;
}

std::size_t Conversation::refuse(const Request& request, ErrorNumber error) {
    skip_bytes_ = protocol::nbd::payload_length(request);
    reply(request, error);
    return protocol::nbd::kRequestSize;
}

std::size_t Conversation::write(const Request& request, ByteView bytes) {
    const std::size_t length = request.length_bytes;
    if (request.offset_bytes != 0 || length == 0 || length > protocol::service::kMaximumRequest) {
        return refuse(request, ErrorNumber::invalid);
    }
    const ByteView payload = bytes.subspan(protocol::nbd::kRequestSize);
    if (works_ || payload.size() < length) return 0;
    request_ = base::as_text(payload.first(length));
    ++number_;
    works_ = true;
    tells_working_ = false;
    reply(request, ErrorNumber::none);
    return protocol::nbd::kRequestSize + length;
}

std::size_t Conversation::read(const Request& request) {
    if (works_ && !std::exchange(tells_working_, false)) {
        waits_ = true;
        return 0;
    }
    waits_ = false;
    const std::size_t length = request.length_bytes;
    ByteWriter out(output_);
    if (!features_.structured_replies) {
        reply(request, ErrorNumber::none);
    } else if (length == 0) {
        out.value(protocol::nbd::done_chunk(request.cookie));
    } else {
        out.value(protocol::nbd::data_chunk({.cookie = request.cookie,
                                             .offset_bytes = request.offset_bytes,
                                             .length_bytes = request.length_bytes},
                                            protocol::nbd::Last::yes));
    }
    put_window(request.offset_bytes, length);
    return protocol::nbd::kRequestSize;
}

// Header, answer, zeroes: as much of it as lies in the range.
void Conversation::put_window(std::uint64_t offset_bytes, std::size_t count) {
    Header header{.status = works_ ? Status::working : status_, .number = number_};
    if (!works_) header.length_bytes = static_cast<std::uint32_t>(answer_.size());
    const auto wire = protocol::service::encode(header);
    const std::size_t from = output_.size();
    output_.resize(from + count);
    const ByteSpan into = ByteSpan(output_).subspan(from);
    const auto put = [&](std::uint64_t at, ByteView piece) {
        const std::uint64_t begin = std::max(at, offset_bytes);
        const std::uint64_t end = std::min(at + piece.size(), offset_bytes + count);
        if (begin >= end) return;
        std::memcpy(into.data() + (begin - offset_bytes), piece.data() + (begin - at), end - begin);
    };
    put(0, std::as_bytes(std::span(&wire, 1)));
    if (!works_) put(kHeaderBytes, base::as_bytes(answer_));
}

void Conversation::reply(const Request& request, ErrorNumber error) {
    ByteWriter out(output_);
    const bool in_chunks = features_.structured_replies && request.command == Command::read;
    if (in_chunks && error != ErrorNumber::none) {
        return out.bytes(protocol::nbd::error_chunk({.cookie = request.cookie, .error = error}));
    }
    out.value(protocol::nbd::encode(
        protocol::nbd::SimpleReply{.error = error, .cookie = request.cookie}));
}

std::optional<std::string> Conversation::take_request() {
    return std::exchange(request_, std::nullopt);
}

void Conversation::answer(Status status, std::string text) {
    NBDROOT_ASSERT(works_ && text.size() <= protocol::service::kMaximumAnswer);
    works_ = false;
    tells_working_ = false;
    status_ = status;
    answer_ = std::move(text);
}

Bytes Conversation::take_output() { return std::exchange(output_, {}); }

}  // namespace nbdroot::server::service
