// What systemd wants to know of a service (sd_notify(3)).
#pragma once

#include <string_view>

namespace nbdroot::sys {

// LINES, "READY=1" for example, to whoever asked for them by $NOTIFY_SOCKET; nothing happens where
// nobody did. Never waits, and what is not taken is lost.
void tell_service_manager(std::string_view lines);

// The same, at the begin of a reload; READY=1 ends it.
void tell_reloading();

// Asks it to keep FD open, as NAME, for this service's next process (FDSTORE=1): that one finds it
// by take_passed_listeners(). NAME is printable ASCII without a colon. False: nobody there does so.
bool store_descriptor(int fd, std::string_view name);

// It shall close all that it keeps as NAME.
void forget_stored(std::string_view name);

}  // namespace nbdroot::sys
