// The load: workers, orders from standard input, events to standard output as JSON, one a line.
//
//   mark         -> {"event":"mark", ...} once each worker has succeeded with something begun later
//   sh COMMAND   runs it by /bin/sh, with our standard output; nobody waits
//   stop         -> the workers end what they are at; then {"event":"load", ...}, the last line
//
// {"event":"runs"} stands for a first mark; {"event":"counts", ...} comes every second.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/result.h"

namespace nbdroot::load {

struct Plan {
    std::string directory;
    std::string reference;  // what readers read
    std::uint64_t writers = 3;
    std::uint64_t readers = 2;
};

[[nodiscard]] Result<void> run_load(const Plan& plan);

}  // namespace nbdroot::load
