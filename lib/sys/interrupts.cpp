#include "lib/sys/interrupts.h"

#include <poll.h>

#include <array>
#include <csignal>

#include "lib/sys/daemon.h"

namespace nbdroot::sys {

Result<Interrupts> Interrupts::take() {
    return Interrupts(NBDROOT_TRY(signals_as_descriptor({SIGINT, SIGTERM, SIGHUP})));
}

bool Interrupts::came() {
    came_ = came_ || next_signal(signals_.get()).has_value();
    return came_;
}

void Interrupts::wait(int fd, Duration limit) const {
    std::array<pollfd, 2> waited{{{.fd = signals_.get(), .events = POLLIN, .revents = 0},
                                  {.fd = fd, .events = POLLIN, .revents = 0}}};
    (void)::poll(waited.data(), waited.size(), static_cast<int>(limit.count()));
}

}  // namespace nbdroot::sys
