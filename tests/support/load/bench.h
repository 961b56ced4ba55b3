// How fast a root is, past the page cache: timed loads on one file, written in place.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/result.h"

namespace nbdroot::load {

// Makes FILE, then lets each load run for SECONDS. Prints {"event":"bench","loads":[…]}, each load
// {"load":"sequential read, 1 MiB","iops":N,"kb_per_s":N,"cpu_percent":N}: the last is how busy the
// guest's processors were.
[[nodiscard]] Result<void> run_bench(const std::string& file, std::uint64_t seconds);

}  // namespace nbdroot::load
