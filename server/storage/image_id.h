// The IMAGE-ID of an image whose configuration names none: what a machine that comes back must find
// again.
//
// Read-only: a digest of the contents, so that copies on two servers have one id. The size, the
// first and the last MiB, and kSampledBlocks blocks in between; a change that misses all of those
// is missed. Writable: a digest of which file it is (sys::DiskIdentity) and its size, which no
// write changes and a replaced file does.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/result.h"
#include "server/storage/image.h"

namespace nbdroot::server::storage {

inline constexpr std::uint64_t kDigestedEnd = std::uint64_t{1} << 20;
inline constexpr std::uint64_t kSampledBytes = 4096;
// Seeks of a disk at every start of the server: half a second.
inline constexpr std::uint64_t kSampledBlocks = 64;

// 32 hexadecimal digits. Waits for the disk.
[[nodiscard]] Result<std::string> image_id_of(const Image& image);

}  // namespace nbdroot::server::storage
