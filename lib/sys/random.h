// Random numbers for spreading things in time; not for secrets.
#pragma once

#include <cstdint>

namespace nbdroot::sys {

// From the kernel, without waiting for its pool to fill early in the boot; then the clock helps
// out.
[[nodiscard]] std::uint32_t random_u32();

}  // namespace nbdroot::sys
