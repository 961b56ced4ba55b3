// What systemd wants to know of a service (sd_notify(3)).
#pragma once

#include <string_view>

namespace nbdroot::sys {

// LINES, "READY=1" for example, to whoever asked for them by $NOTIFY_SOCKET; nothing happens where
// nobody did. Never waits, and what is not taken is lost.
void tell_service_manager(std::string_view lines);

// The same, at the begin of a reload; READY=1 ends it.
void tell_reloading();

}  // namespace nbdroot::sys
