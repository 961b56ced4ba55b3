// Time that goes on while the machine sleeps (CLOCK_BOOTTIME): a lease ends in the server's time,
// not in ours.
#pragma once

#include <utility>

#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/sys/fd.h"

namespace nbdroot::sys {

// Never mixed with now(): the two drift apart with each suspend.
[[nodiscard]] Instant boot_now();

// A deadline of that clock, as a descriptor for a loop: readable once it is over. A machine that
// wakes up behind it finds it so.
class BootTimer {
public:
    [[nodiscard]] static Result<BootTimer> open();

    void arm(Instant deadline);  // replaces an earlier one; not readable any more until then
    void cancel();
    [[nodiscard]] int fd() const { return fd_.get(); }

private:
    explicit BootTimer(Fd fd) : fd_(std::move(fd)) {}

    Fd fd_;
};

}  // namespace nbdroot::sys
