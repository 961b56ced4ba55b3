#include "agent/resident/relay.h"

#include <algorithm>
#include <array>
#include <utility>

#include "lib/base/assert.h"
#include "lib/base/text.h"
#include "lib/protocol/nbd/transmission.h"

namespace nbdroot::agent::resident {
namespace {

using protocol::nbd::Command;
using protocol::nbd::ErrorNumber;
using protocol::nbd::kRequestSize;
using protocol::nbd::kSimpleReplySize;

Failure server_failure(std::string_view reason) { return fail("read reply", "", reason); }

Error kernel_failure(std::string_view reason) {
    return {.operation = "read request", .object = "of the kernel", .reason = std::string(reason)};
}

void count(RequestCounts& counts, Command command) {
    switch (command) {
        case Command::read:
            ++counts.reads;
            return;
        case Command::write:
            ++counts.writes;
            return;
        case Command::flush:
            ++counts.flushes;
            return;
        case Command::trim:
            ++counts.trims;
            return;
        default:
            ++counts.others;
    }
}

}  // namespace

Relay::Relay(RelayStore store, Instant now)
    : store_(std::move(store)),
      received_(store_.received()),
      scanned_(store_.oldest()),
      delivered_(store_.delivered()),
      arrived_(store_.committed()),
      now_(now),
      connected_at_(now),
      replied_at_(now) {
    const bool sound = received_ >= scanned_ && received_ - scanned_ <= store_.requests().size() &&
                       arrived_ >= delivered_ && arrived_ - delivered_ <= store_.replies().size();
    if (!sound) {
        kernel_error_ = kernel_failure("the store of an earlier process is inconsistent");
        return;
    }
    store_.finish_answer();
    settle();
}

// -- from the kernel

bool Relay::wants_kernel_bytes() const {
    return !kernel_error_ && !index_.is_full() &&
           received_ - store_.oldest() < store_.requests().size();
}

Relay::KernelTransfer Relay::kernel_space() {
    const Ring& ring = store_.requests();
    return {.places = ring.stretch(received_, ring.size() - (received_ - store_.oldest())),
            .record = store_.next_receive()};
}

void Relay::kernel_received() {
    received_ = store_.received();
    settle();
    if (failing_) fail_requests();
}

std::uint64_t Relay::largest_data() const {
    return std::min(store_.requests().size() - kRequestSize,
                    store_.replies().size() - kSimpleReplySize);
}

// Puts what was received whole into the index, as far as that has room. scanned_ may lie ahead of
// received_, behind data that have not arrived.
void Relay::scan_requests() {
    while (!kernel_error_ && !index_.is_full() && received_ >= scanned_ &&
           received_ - scanned_ >= kRequestSize) {
        if (!keep_request(scanned_)) return;
        scanned_ = index_.at(index_.past() - 1).end;
    }
}

bool Relay::keep_request(std::uint64_t begin) {
    std::array<std::byte, kRequestSize> header;
    store_.requests().read(begin, header);
    const bool answered = store_.is_answered(begin);
    if (answered) RelayStore::restore_magic(header);
    const auto request = protocol::nbd::parse_request(header);
    if (!request) {
        kernel_error_ = kernel_failure(request.error().reason);
        return false;
    }
    const std::uint32_t data = payload_length(*request);
    const std::uint32_t reply_data = request->command == Command::read ? request->length_bytes : 0;
    if (data > largest_data() || reply_data > largest_data()) {
        kernel_error_ = kernel_failure(cat(request->length_bytes, " bytes in one request; at most ",
                                           largest_data(), " can be kept"));
        return false;
    }
    index_.push({.cookie = request->cookie,
                 .begin = begin,
                 .end = begin + kRequestSize + data,
                 .reply_data_bytes = reply_data,
                 .answered = answered,
                 .disconnects = request->command == Command::disconnect,
                 .since = now_});
    if (!answered) ++unanswered_;
    count_request(begin, request->command);
    if (request->command == Command::disconnect) disconnect_wanted_ = true;
    return true;
}

// Once, whichever process reads it again.
void Relay::count_request(std::uint64_t begin, Command command) {
    RelayHeader& counters = store_.counters();
    if (begin < counters.counted) return;
    counters.counted = begin + 1;
    count(counters.requests, command);
}

// Gives the room of the oldest requests back, as far as they are answered; whether there were any.
bool Relay::release_answered() {
    bool any = false;
    while (!index_.is_empty() && index_.at(index_.first()).answered) {
        store_.set_oldest(index_.at(index_.first()).end);
        index_.pop();
        any = true;
    }
    return any;
}

// Room in the index lets more requests in, and after a crash these may be answered already.
void Relay::settle() {
    do scan_requests();
    while (release_answered());
}

// -- to the kernel

Relay::KernelTransfer Relay::kernel_output() {
    return {.places = store_.replies().stretch(delivered_, store_.committed() - delivered_),
            .record = store_.next_delivery()};
}

void Relay::kernel_sent() {
    delivered_ = store_.delivered();
    if (failing_) fail_requests();
}

// -- to the server

void Relay::on_connected() {
    connected_ = true;
    connected_at_ = replied_at_ = now_;
    failing_ = false;
    arrived_ = store_.committed();
    sending_ = index_.first();
    sent_ = index_.is_empty() ? scanned_ : index_.at(sending_).begin;
    skip_answered();
    RelayHeader& counters = store_.counters();
    for (std::uint64_t number = sending_; number != index_.past(); ++number) {
        const KeptRequest& request = index_.at(number);
        if (!request.answered && request.begin < counters.highest_sent) ++counters.resent;
    }
}

void Relay::on_disconnected() {
    connected_ = false;
    arrived_ = store_.committed();
    // The replies before one that was refused count: with a full store only they make room.
    settle();
}

// From the end of one request to the begin of the next that needs sending.
void Relay::skip_answered() {
    while (sending_ != index_.past() && index_.at(sending_).answered) {
        sent_ = index_.at(sending_).end;
        ++sending_;
    }
}

// How far bytes to be sent lie in a row: to the next answered request, or to the last byte that has
// come from the kernel. The bytes of a header are sent once it is whole.
std::uint64_t Relay::output_end() const {
    std::uint64_t end = sent_;
    for (std::uint64_t number = sending_; number != index_.past(); ++number) {
        if (index_.at(number).answered) break;
        end = index_.at(number).end;
    }
    return std::min(end, received_);
}

Pieces Relay::server_output() const {
    return store_.requests().stretch(sent_, output_end() - sent_);
}

void Relay::server_sent(std::size_t count) {
    NBDROOT_ASSERT(count <= output_end() - sent_);
    sent_ += count;
    while (sending_ != index_.past() && sent_ >= index_.at(sending_).end) {
        ++sending_;
        skip_answered();
    }
    RelayHeader& counters = store_.counters();
    counters.highest_sent = std::max(counters.highest_sent, sent_);
}

// -- from the server

bool Relay::wants_server_bytes() const {
    return connected_ && arrived_ - delivered_ < store_.replies().size();
}

Pieces Relay::server_space() const {
    return store_.replies().stretch(arrived_, store_.replies().size() - (arrived_ - delivered_));
}

Result<void> Relay::server_received(std::size_t count) {
    arrived_ += count;
    while (NBDROOT_TRY(take_reply())) {
    }
    settle();
    return {};
}

// Commits the reply behind committed() if it is whole; whether it was.
Result<bool> Relay::take_reply() {
    const std::uint64_t begin = store_.committed();
    if (arrived_ - begin < kSimpleReplySize) return false;
    std::array<std::byte, kSimpleReplySize> header;
    store_.replies().read(begin, header);
    const auto reply = NBDROOT_TRY(protocol::nbd::parse_simple_reply(header));
    if (reply.error == ErrorNumber::shutdown) {
        return server_failure("the server says that it is shutting down");
    }
    const std::uint64_t number = index_.find(reply.cookie);
    if (number == index_.past() || index_.at(number).disconnects) {
        return server_failure(cat("cookie ", reply.cookie, " is of no unanswered request"));
    }
    const KeptRequest& request = index_.at(number);
    if (request.end > sent_) {
        return server_failure(cat("cookie ", reply.cookie, " is of a request not yet sent whole"));
    }
    const std::uint32_t data = reply.error == ErrorNumber::none ? request.reply_data_bytes : 0;
    if (arrived_ - begin - kSimpleReplySize < data) return false;
    answer(number, begin + kSimpleReplySize + data);
    ++store_.counters().replies;
    replied_at_ = now_;
    return true;
}

void Relay::answer(std::uint64_t number, std::uint64_t reply_end) {
    store_.answer({.request = index_.at(number).begin, .reply_end = reply_end});
    index_.at(number).answered = true;
    --unanswered_;
}

// -- without a server

void Relay::fail_kept_requests() {
    if (connected_) return;
    failing_ = true;
    fail_requests();
}

// As many as the reply ring has room for; the kernel's next read makes more.
void Relay::fail_requests() {
    for (std::uint64_t number = index_.first(); number != index_.past(); ++number) {
        const KeptRequest& request = index_.at(number);
        if (request.answered || request.disconnects) continue;
        if (request.end > received_) break;
        if (store_.replies().size() - (arrived_ - delivered_) < kSimpleReplySize) break;
        const auto reply =
            encode(protocol::nbd::SimpleReply{.error = ErrorNumber::io, .cookie = request.cookie});
        store_.replies().write(arrived_, std::as_bytes(std::span(&reply, 1)));
        arrived_ += sizeof reply;
        answer(number, arrived_);
        ++store_.counters().failed;
    }
    settle();
}

RelayCounters Relay::counters() const {
    const RelayHeader& counters = store_.counters();
    return {.in_flight = unanswered_,
            .kept_bytes = received_ - store_.oldest(),
            .replies = counters.replies,
            .resent = counters.resent,
            .failed = counters.failed};
}

std::optional<OldestRequest> Relay::oldest() const {
    for (std::uint64_t number = index_.first(); number != index_.past(); ++number) {
        const KeptRequest& request = index_.at(number);
        if (request.answered || request.disconnects) continue;
        const std::uint64_t behind = index_.past() - number;
        return OldestRequest{.waits = now_ - std::max(request.since, connected_at_),
                             .since_reply = now_ - replied_at_,
                             .overtaken_by = behind - std::min(behind, unanswered_),
                             .in_flight = unanswered_};
    }
    return std::nullopt;
}

std::vector<WaitingRequest> Relay::waiting(std::size_t maximum) const {
    std::vector<WaitingRequest> all;
    for (std::uint64_t number = index_.first(); number != index_.past(); ++number) {
        const KeptRequest& kept = index_.at(number);
        if (kept.answered || all.size() == maximum) continue;
        std::array<std::byte, kRequestSize> header;
        store_.requests().read(kept.begin, header);
        const auto request = protocol::nbd::parse_request(header);
        if (request) all.push_back({.request = *request, .waits = now_ - kept.since});
    }
    return all;
}

}  // namespace nbdroot::agent::resident
