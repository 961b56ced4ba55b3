// Counts and latencies of a run, and the one line of JSON that it ends in.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace nbdroot::bench {

struct Statistics {
    std::uint64_t clients = 0;
    std::uint64_t served = 0;  // clients that did all they wanted
    std::uint64_t failed = 0;  // clients that were refused, cut off or answered with an error
    std::uint64_t reads = 0;
    std::uint64_t writes = 0;
    std::uint64_t bytes = 0;
    double seconds = 0;                               // first connect to last answer
    std::vector<std::uint32_t> read_microseconds;     // one for each read
    std::vector<std::uint32_t> connect_microseconds;  // connect(2) to end of the handshake
};

// The P-th percentile (0 to 100) of VALUES by nearest rank; 0 where there are none. Reorders them.
[[nodiscard]] std::uint32_t percentile(std::vector<std::uint32_t>& values, unsigned p);

// {"clients":…,"served":…,…} with keys that bench/run reads; no newline.
[[nodiscard]] std::string to_json(Statistics& statistics);

}  // namespace nbdroot::bench
