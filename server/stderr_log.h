// Log lines to standard error, as a terminal or the journal wants them.
#pragma once

#include "lib/base/log.h"

namespace nbdroot::server {

// One write for each line: lines of several processes do not mix. Under systemd, lines carry their
// priority as "<N>" (sd-daemon(3)) and no program name, which the journal knows.
[[nodiscard]] Log make_stderr_log(Level threshold);

}  // namespace nbdroot::server
