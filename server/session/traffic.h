// What passed over a connection, or over many of them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "lib/protocol/nbd/constants.h"

namespace nbdroot::server::session {

struct Traffic {
    // By the protocol's number of the command; the last one: every other.
    static constexpr std::size_t kKinds = 9;

    std::array<std::uint64_t, kKinds> requests_by_kind{};
    std::uint64_t error_replies = 0;
    std::uint64_t read_bytes = 0;
    std::uint64_t written_bytes = 0;

    void count(protocol::nbd::Command command) {
        const auto kind = static_cast<std::size_t>(command);
        ++requests_by_kind[kind < kKinds - 1 ? kind : kKinds - 1];
    }

    [[nodiscard]] std::uint64_t requests() const {
        std::uint64_t sum = 0;
        for (const std::uint64_t count : requests_by_kind) sum += count;
        return sum;
    }

    Traffic& operator+=(const Traffic& other) {
        for (std::size_t i = 0; i < kKinds; ++i) {
            requests_by_kind[i] += other.requests_by_kind[i];
        }
        error_replies += other.error_replies;
        read_bytes += other.read_bytes;
        written_bytes += other.written_bytes;
        return *this;
    }

    bool operator==(const Traffic&) const = default;
};

}  // namespace nbdroot::server::session
