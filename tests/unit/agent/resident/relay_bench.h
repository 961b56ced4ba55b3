// A relay on a store in memory, with the kernel's side and the server's side played by the test.
#pragma once

#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

#include "agent/resident/relay.h"
#include "lib/protocol/nbd/transmission.h"

namespace nbdroot::agent::resident {

using protocol::nbd::Command;
using protocol::nbd::ErrorNumber;

// The bytes that belong to COOKIE: of a write on their way out, of a read on their way back. A
// stretch of one pattern: tests make megabytes of them.
inline Bytes data_of(std::uint64_t cookie, std::size_t size) {
    constexpr std::size_t kStarts = 4093;
    static const Bytes pattern = [] {
        Bytes bytes(kStarts + (512 << 10));
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            bytes[i] = static_cast<std::byte>(i * 11 + i / 251);
        }
        return bytes;
    }();
    const ByteView data = ByteView(pattern).subspan(cookie % kStarts, size);
    return {data.begin(), data.end()};
}

inline Bytes request_bytes(const protocol::nbd::Request& request) {
    Bytes bytes;
    ByteWriter writer(bytes);
    writer.value(encode(request));
    writer.bytes(data_of(request.cookie, payload_length(request)));
    return bytes;
}

inline Bytes read_request(std::uint64_t cookie, std::uint32_t length) {
    return request_bytes({.command = Command::read, .cookie = cookie, .length_bytes = length});
}
inline Bytes write_request(std::uint64_t cookie, std::uint32_t length) {
    return request_bytes({.command = Command::write, .cookie = cookie, .length_bytes = length});
}
inline Bytes plain_request(Command command, std::uint64_t cookie) {
    return request_bytes({.command = command, .cookie = cookie, .length_bytes = 8192});
}

// DATA: how many bytes follow, those that belong to COOKIE.
inline Bytes reply_bytes(std::uint64_t cookie, std::size_t data = 0,
                         ErrorNumber error = ErrorNumber::none) {
    Bytes bytes;
    ByteWriter writer(bytes);
    writer.value(encode(protocol::nbd::SimpleReply{.error = error, .cookie = cookie}));
    writer.bytes(data_of(cookie, data));
    return bytes;
}

inline Bytes operator+(Bytes left, const Bytes& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

inline Bytes with_byte(Bytes bytes, std::size_t place, unsigned value) {
    bytes.at(place) = static_cast<std::byte>(value);
    return bytes;
}

// Moves at most COUNT bytes; says how many.
inline std::size_t copy_into(const Pieces& places, ByteView from, std::size_t count) {
    count = std::min({count, from.size(), size_of(places)});
    const std::size_t first = std::min(count, places[0].size());
    std::ranges::copy(from.first(first), places[0].begin());
    std::ranges::copy(from.subspan(first, count - first), places[1].begin());
    return count;
}
inline Bytes copy_from(const Pieces& places, std::size_t count) {
    Bytes bytes(places[0].begin(), places[0].end());
    bytes.insert(bytes.end(), places[1].begin(), places[1].end());
    bytes.resize(std::min(count, bytes.size()));
    return bytes;
}

inline constexpr std::size_t kAll = SIZE_MAX;

// The memory that a crash leaves behind.
struct Memory {
    RelayHeader header{};
    Bytes requests;
    Bytes replies;

    Memory(std::size_t request_bytes, std::size_t reply_bytes)
        : requests(request_bytes), replies(reply_bytes) {}

    RelayStore store(RelayStore::Watcher watcher = {}) {
        return {header, Ring(requests), Ring(replies), std::move(watcher)};
    }
};

// System calls on the kernel's socket as they would be: bytes and count move together.
inline std::size_t kernel_writes(Relay& relay, ByteView bytes, std::size_t count = kAll) {
    if (!relay.wants_kernel_bytes()) return 0;
    const Relay::KernelTransfer transfer = relay.kernel_space();
    const std::size_t moved = copy_into(transfer.places, bytes, count);
    transfer.record.moved_bytes = static_cast<std::uint32_t>(moved);
    relay.kernel_received();
    return moved;
}
inline Bytes kernel_reads(Relay& relay, std::size_t count = kAll) {
    if (!relay.has_kernel_output()) return {};
    const Relay::KernelTransfer transfer = relay.kernel_output();
    Bytes bytes = copy_from(transfer.places, count);
    transfer.record.moved_bytes = static_cast<std::uint32_t>(bytes.size());
    relay.kernel_sent();
    return bytes;
}
inline Bytes server_reads(Relay& relay, std::size_t count = kAll) {
    if (!relay.has_server_output()) return {};
    Bytes bytes = copy_from(relay.server_output(), count);
    relay.server_sent(bytes.size());
    return bytes;
}
// All that can be read, call after call.
inline Bytes server_reads_all(Relay& relay) {
    Bytes all;
    while (relay.has_server_output()) all = std::move(all) + server_reads(relay);
    return all;
}
// BYTES must fit.
inline Result<void> server_writes(Relay& relay, ByteView bytes) {
    const std::size_t moved = copy_into(relay.server_space(), bytes, kAll);
    return relay.server_received(moved);
}

inline constexpr std::size_t kRequestRing = 4000;
inline constexpr std::size_t kReplyRing = 3000;

struct RelayBench {
    Memory memory{kRequestRing, kReplyRing};
    std::optional<Relay> relay{std::in_place, memory.store(), Instant{}};

    // The process is killed and another one takes over.
    void crash(Instant now = Instant{}) { relay.emplace(memory.store(), now); }
};

struct ConnectedRelay : RelayBench {
    ConnectedRelay() { relay->on_connected(); }
};

}  // namespace nbdroot::agent::resident
