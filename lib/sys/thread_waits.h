// How often the calling thread has had to wait.
#pragma once

#include <cstdint>

namespace nbdroot::sys {

// For anything: a disk, a lock, a time. That others had the processor meanwhile does not count.
[[nodiscard]] std::uint64_t waits_of_this_thread();

}  // namespace nbdroot::sys
