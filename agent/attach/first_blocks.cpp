#include "agent/attach/first_blocks.h"

#include <algorithm>
#include <utility>

#include "agent/disk/superblock.h"
#include "lib/base/assert.h"
#include "lib/base/text.h"
#include "lib/protocol/nbd/transmission.h"
#include "lib/sys/error.h"

namespace nbdroot::agent::attach {
namespace {

namespace nbd = protocol::nbd;

constexpr std::uint32_t kSectorBytes = 512;

std::uint32_t bytes_to_read(const nbd::ExportInfo& info) {
    const std::uint32_t minimum = info.block_sizes ? info.block_sizes->minimum : 1;
    const std::uint32_t block = std::max(kSectorBytes, minimum);
    const std::uint64_t probe = (disk::kProbeBytes + block - 1) / block * block;
    return static_cast<std::uint32_t>(
        std::min<std::uint64_t>(probe, info.size_bytes / block * block));
}

}  // namespace

FirstBlocks::FirstBlocks(const nbd::ExportInfo& info, std::string object)
    : object_(std::move(object)),
      total_bytes_(bytes_to_read(info)),
      longest_bytes_(info.block_sizes ? info.block_sizes->maximum_payload : nbd::kMaximumPayload) {
    ask();
}

bool FirstBlocks::in_progress() const { return std::holds_alternative<InProgress>(outcome_); }

void FirstBlocks::on_bytes(ByteView bytes) {
    if (std::holds_alternative<Broken>(outcome_)) return;
    while (in_progress() && collector_.take(bytes)) step(collector_.release());
    if (!in_progress() && !bytes.empty() && !std::holds_alternative<Broken>(outcome_)) {
        outcome_ =
            Broken{error(cat("the server sent ", bytes.size(), " bytes that nobody asked for"))};
    }
}

void FirstBlocks::on_end() {
    if (!in_progress()) return;
    outcome_ = Broken{error("the server closed the connection before the end of its reply")};
}

Bytes FirstBlocks::take_output() { return std::exchange(output_, {}); }

// The next request, or the end.
void FirstBlocks::ask() {
    const auto offset = static_cast<std::uint32_t>(read_.size());
    if (offset >= total_bytes_) {
        read_.resize(std::min(read_.size(), disk::kProbeBytes));
        outcome_ = Read{std::move(read_)};
        return;
    }
    asked_bytes_ = std::min(total_bytes_ - offset, longest_bytes_);
    ByteWriter(output_).value(encode(nbd::Request{.command = nbd::Command::read,
                                                  .cookie = ++cookie_,
                                                  .offset_bytes = offset,
                                                  .length_bytes = asked_bytes_}));
    state_ = State::header;
    collector_.expect(nbd::kSimpleReplySize);
}

void FirstBlocks::step(ByteView message) {
    switch (state_) {
        case State::header:
            return on_header(message);
        case State::data:
            return on_data(message);
    }
}

void FirstBlocks::on_header(ByteView message) {
    const auto reply = nbd::parse_simple_reply(message.first<nbd::kSimpleReplySize>());
    if (!reply) {
        outcome_ = Broken{error(reply.error().reason)};
    } else if (reply->cookie != cookie_) {
        outcome_ = Broken{error("a reply to a request that was not made")};
    } else if (reply->error == nbd::ErrorNumber::shutdown) {
        outcome_ = Broken{error("the server is shutting down")};
    } else if (reply->error != nbd::ErrorNumber::none) {
        outcome_ = Unreadable{
            error(cat("the server answers ", sys::describe_errno(static_cast<int>(reply->error))))};
    } else {
        state_ = State::data;
        collector_.expect(asked_bytes_);
    }
}

void FirstBlocks::on_data(ByteView message) {
    read_.insert(read_.end(), message.begin(), message.end());
    ask();
}

Error FirstBlocks::error(std::string reason) const {
    return {
        .operation = "read the first blocks of", .object = object_, .reason = std::move(reason)};
}

}  // namespace nbdroot::agent::attach
