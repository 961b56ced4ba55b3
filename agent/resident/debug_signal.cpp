#include "agent/resident/debug_signal.h"

#include <csignal>
#include <utility>

#include "lib/sys/daemon.h"

namespace nbdroot::agent::resident {

DebugSignal::DebugSignal(io::Loop& loop, std::function<void()> on_signal)
    : on_signal_(std::move(on_signal)), outcome_(listen(loop)) {}

Result<void> DebugSignal::listen(io::Loop& loop) {
    signals_ = NBDROOT_TRY(sys::signals_as_descriptor({SIGUSR1}));
    watch_ = NBDROOT_TRY(loop.watch(signals_.get(), {.readable = true}, [this](io::Ready) {
        while (sys::next_signal(signals_.get())) on_signal_();
    }));
    return {};
}

}  // namespace nbdroot::agent::resident
