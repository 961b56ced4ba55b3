// The load generator's command line.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "bench/load/plan.h"
#include "lib/base/result.h"

namespace nbdroot::bench {

enum class Replies { simple, structured };

struct Arguments {
    Pattern pattern = Pattern::random;
    std::uint16_t port = 10809;  // on 127.0.0.1, always: this is no tool against others' servers
    std::string export_name;     // %n: the client's number, from 1
    Replies replies = Replies::simple;
    std::uint32_t clients = 1;  // at the same time
    std::uint32_t rounds = 1;   // connections that each client makes, one after the other
    std::uint32_t depth = 1;    // requests in flight on a connection
    std::uint32_t block_bytes = 4096;
    std::uint32_t write_percent = 0;     // of the accesses
    std::uint64_t client_bytes = 0;      // asked for on each connection
    std::uint32_t timeout_seconds = 60;  // then the clients not served yet count as failed
};

// WORDS: the arguments after the program's name.
[[nodiscard]] Result<Arguments> parse_arguments(std::span<char* const> words);

extern const char* const kUsage;

}  // namespace nbdroot::bench
