// eventfd(2): one thread wakes another's loop.
#pragma once

#include "lib/base/result.h"
#include "lib/sys/fd.h"

namespace nbdroot::sys {

Result<Fd> make_event_fd();

// Makes FD readable; from any thread.
void raise_event(int fd);

// Makes FD unreadable again.
void clear_event(int fd);

}  // namespace nbdroot::sys
