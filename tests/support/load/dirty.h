// Much buffered data that has not reached the server: the memory pressure cases.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/result.h"

namespace nbdroot::load {

// Writes MIB of pattern to FILE, synced. For references.
[[nodiscard]] Result<void> prepare(const std::string& file, std::uint64_t mib);

// Writes MIB of pattern without fsync, then syncs. Prints {"event":"runs"} after a quarter and
// {"event":"load","dirty_kib":N,…} at the end: how much was dirty at the most.
[[nodiscard]] Result<void> run_dirty(const std::string& file, std::uint64_t mib);

}  // namespace nbdroot::load
