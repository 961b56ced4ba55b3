// Computes the Merkle root of an image. Waits for the disk; usable from every thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

#include "lib/base/result.h"
#include "server/merkle/tree.h"
#include "server/storage/image.h"

namespace nbdroot::server::merkle {

// Called with the bytes that are done, every few hundred KiB; false: the work ends (ECANCELED).
using GoesOn = std::function<bool(std::uint64_t done_bytes)>;

// Holes are not read. That nobody has written meanwhile is for the caller to find out.
[[nodiscard]] Result<Digest> compute_root(const storage::Image& image, const GoesOn& goes_on);

}  // namespace nbdroot::server::merkle
