// The signals by which somebody ends a program that has something to clear away first.
#pragma once

#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/sys/fd.h"

namespace nbdroot::sys {

class Interrupts {
public:
    // SIGINT, SIGTERM and SIGHUP do not end this process any more.
    [[nodiscard]] static Result<Interrupts> take();

    // One has come, now or before.
    [[nodiscard]] bool came();
    // Until one comes, until FD, if it is one, is readable, at most for LIMIT.
    void wait(int fd, Duration limit) const;

private:
    explicit Interrupts(Fd signals) : signals_(std::move(signals)) {}

    Fd signals_;
    bool came_ = false;
};

}  // namespace nbdroot::sys
