// The timeout: when a server that is alive but answers nothing is given up, pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "lib/base/time.h"

namespace nbdroot::agent::resident {

// Of /sys/block/nbdN/stat (the kernel's Documentation/block/stat.rst).
struct BlockCounts {
    std::uint64_t completed = 0;  // requests: reads, writes, discards, flushes
    std::uint64_t in_flight = 0;

    bool operator==(const BlockCounts&) const = default;
};

// nullopt: not what the kernel writes there. Kernels before 5.5 count no flushes.
[[nodiscard]] std::optional<BlockCounts> parse_block_counts(std::string_view stat);

// What a relay knows, on the connection in use.
struct OldestRequest {
    Duration waits{};                // for its answer
    Duration since_reply{};          // to whatever request
    std::uint64_t overtaken_by = 0;  // answers to requests after it
    std::uint64_t in_flight = 0;

    bool operator==(const OldestRequest&) const = default;
};

// A server that answers one after the other may be slow with a long queue, and a new connection
// would not make it faster: it is given up once it answers nothing at all, or has forgotten one.
[[nodiscard]] bool is_overdue(const OldestRequest& oldest, Duration limit);

class StallRule {
public:
    explicit StallRule(Duration limit) : limit_(limit) {}

    // Call it about once a second. True: requests were in flight, and none was completed, in every
    // look for the limit.
    [[nodiscard]] bool is_stalled(const BlockCounts& counts, Instant now);

    // Another connection has its own time.
    void reset() { since_.reset(); }

private:
    Duration limit_;
    std::uint64_t completed_ = 0;
    std::optional<Instant> since_;
};

}  // namespace nbdroot::agent::resident
