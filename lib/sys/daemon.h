// What a daemon sets up about itself: signals and limits.
#pragma once

#include <initializer_list>
#include <optional>

#include "lib/base/result.h"
#include "lib/sys/fd.h"

namespace nbdroot::sys {

// SIGNALS no longer interrupt: they are read from the descriptor. Call it before any thread
// starts; threads inherit.
Result<Fd> signals_as_descriptor(std::initializer_list<int> signals);

// The next signal that is waiting, if any.
std::optional<int> next_signal(int fd);

void ignore_signal(int signal);

// The soft limit of open descriptors becomes the hard one.
Result<void> raise_descriptor_limit();

// Ends the process at once: no destructors, no flushing.
[[noreturn]] void leave_now(int status);

}  // namespace nbdroot::sys
