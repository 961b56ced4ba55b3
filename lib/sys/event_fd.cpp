#include "lib/sys/event_fd.h"

#include <sys/eventfd.h>

#include "lib/sys/error.h"

namespace nbdroot::sys {

Result<Fd> make_event_fd() {
    Fd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!fd) return fail_errno("eventfd", "");
    return fd;
}

// The only failure of either call is EAGAIN: the event is raised, or cleared, already.
void raise_event(int fd) { (void)::eventfd_write(fd, 1); }

void clear_event(int fd) {
    eventfd_t count = 0;
    (void)::eventfd_read(fd, &count);
}

}  // namespace nbdroot::sys
