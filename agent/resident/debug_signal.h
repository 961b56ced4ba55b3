// SIGUSR1 to the session process: what `nbdrootctl debug` shows is written to the log. The guardian
// has it blocked, so that whoever signals all processes of that name need not tell them apart.
#pragma once

#include <functional>
#include <memory>

#include "lib/base/result.h"
#include "lib/io/loop.h"
#include "lib/sys/fd.h"

namespace nbdroot::agent::resident {

class DebugSignal {
public:
    DebugSignal(io::Loop& loop, std::function<void()> on_signal);
    // Registered with the loop by address.
    DebugSignal(const DebugSignal&) = delete;
    DebugSignal& operator=(const DebugSignal&) = delete;

    // Why it is not listened to, if it is not.
    [[nodiscard]] const Result<void>& outcome() const { return outcome_; }

private:
    Result<void> listen(io::Loop& loop);

    std::function<void()> on_signal_;
    sys::Fd signals_;
    std::unique_ptr<io::Watch> watch_;
    Result<void> outcome_;
};

}  // namespace nbdroot::agent::resident
