// Random numbers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lib/base/bytes.h"

namespace nbdroot::sys {

// For spreading things in time; not for secrets. From the kernel, without waiting for its pool to
// fill early in the boot; then the clock helps out.
[[nodiscard]] std::uint32_t random_u32();

// Nobody can guess these. Waits until the kernel's pool is filled, early in a machine's start.
[[nodiscard]] Bytes random_bytes(std::size_t count);

}  // namespace nbdroot::sys
