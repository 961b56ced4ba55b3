// A server that says anything to the relay: the kernel gets whole replies to requests that it made,
// one for each at most, and what has no reply is sent to the next server.
//
// Input: steps of one byte N and more: 0..252 is N bytes from the server, 253 another process that
// takes over, 254 the kernel reads, 255 a new connection.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>

#include "agent/resident/relay.h"
#include "lib/base/assert.h"
#include "lib/protocol/nbd/transmission.h"

namespace nbdroot::agent::resident {
namespace {

using protocol::nbd::Command;
using protocol::nbd::Request;

constexpr std::uint8_t kOtherProcess = 253;
constexpr std::uint8_t kKernelReads = 254;
constexpr std::uint8_t kNewConnection = 255;

// DISC has no reply, and the last one is never sent whole.
constexpr std::array kRequests{
    Request{.command = Command::read, .cookie = 1, .length_bytes = 16},
    Request{.command = Command::write, .cookie = 2, .length_bytes = 40},
    Request{.command = Command::flush, .cookie = 3},
    Request{.command = Command::read, .cookie = 4, .length_bytes = 300},
    Request{.command = Command::disconnect, .cookie = 5},
    Request{.command = Command::write, .cookie = 6, .length_bytes = 100}};
constexpr std::uint64_t kLastAnswerable = 4;
constexpr std::size_t kUnsentBytes = 1;

class Try {
public:
    Try() {
        Bytes bytes;
        ByteWriter writer(bytes);
        for (const Request& request : kRequests) {
            writer.value(encode(request));
            writer.zeros(payload_length(request));
            unanswered_.insert(request.cookie);
        }
        start();
        const Relay::KernelTransfer transfer = relay_->kernel_space();
        const ByteView sent = ByteView(bytes).first(bytes.size() - kUnsentBytes);
        std::ranges::copy(sent, transfer.places[0].begin());
        transfer.record.moved_bytes = static_cast<std::uint32_t>(sent.size());
        relay_->kernel_received();
        connect();
    }

    void run(ByteView input) {
        ByteReader reader(input);
        while (const auto step = reader.u8()) {
            if (*step == kOtherProcess) start();
            if (*step == kKernelReads) read();
            if (*step == kNewConnection || *step == kOtherProcess) connect();
            if (*step < kOtherProcess) write(reader, *step);
        }
        read();
        connect();
        NBDROOT_ASSERT(relay_->counters().in_flight == unanswered_.size());
    }

private:
    void start() {
        relay_.emplace(RelayStore(header_, Ring(requests_), Ring(replies_)), Instant{});
    }

    void connect() {
        relay_->on_disconnected();
        relay_->on_connected();
        while (relay_->has_server_output()) relay_->server_sent(size_of(relay_->server_output()));
    }

    void write(ByteReader& reader, std::size_t wanted) {
        if (!relay_->wants_server_bytes()) read();
        const Pieces space = relay_->server_space();
        const std::size_t count = std::min({wanted, reader.remaining(), size_of(space)});
        const std::size_t first = std::min(count, space[0].size());
        std::ranges::copy(*reader.bytes(first), space[0].begin());
        std::ranges::copy(*reader.bytes(count - first), space[1].begin());
        if (!relay_->server_received(count)) connect();
    }

    void read() {
        Bytes bytes;
        while (relay_->has_kernel_output()) {
            const Relay::KernelTransfer transfer = relay_->kernel_output();
            for (const ByteSpan piece : transfer.places) ByteWriter(bytes).bytes(piece);
            transfer.record.moved_bytes = static_cast<std::uint32_t>(size_of(transfer.places));
            relay_->kernel_sent();
        }
        check(ByteReader(bytes));
    }

    void check(ByteReader reader) {
        while (reader.remaining() > 0) {
            const auto header = reader.bytes(protocol::nbd::kSimpleReplySize);
            NBDROOT_ASSERT(header);
            const auto reply =
                protocol::nbd::parse_simple_reply(header->first<protocol::nbd::kSimpleReplySize>());
            NBDROOT_ASSERT(reply && unanswered_.erase(reply->cookie) == 1);
            NBDROOT_ASSERT(reply->cookie <= kLastAnswerable);
            const Request& request = kRequests.at(reply->cookie - 1);
            const bool has_data = request.command == Command::read &&
                                  reply->error == protocol::nbd::ErrorNumber::none;
            NBDROOT_ASSERT(reader.bytes(has_data ? request.length_bytes : 0));
        }
    }

    RelayHeader header_{};
    Bytes requests_ = Bytes(500);
    Bytes replies_ = Bytes(333);
    std::optional<Relay> relay_;
    std::set<std::uint64_t> unanswered_;
};

}  // namespace
}  // namespace nbdroot::agent::resident

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    nbdroot::agent::resident::Try().run(std::as_bytes(std::span(data, size)));
    return 0;
}
