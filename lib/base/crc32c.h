// CRC-32C (Castagnoli, RFC 3720 appendix B.4): what tells a whole record from a torn one.
#pragma once

#include <cstdint>

#include "lib/base/bytes.h"

namespace nbdroot::base {

// Of BYTES; SO_FAR is that of what lies before them.
[[nodiscard]] std::uint32_t crc32c(ByteView bytes, std::uint32_t so_far = 0);

}  // namespace nbdroot::base
