// What the running system is told before its init starts, all of it under /run: nothing is written
// into the root.
#pragma once

#include <string>

#include "lib/base/log.h"

namespace nbdroot::agent::root {

// Where INIT, a program under ROOT, is systemd: its own services must not be killed by their
// watchdogs (three minutes) while the root waits for its server. Nothing otherwise: the directory
// alone would make programs believe that systemd runs. Failures are warnings.
void hand_over_to_systemd(const std::string& root, const std::string& init, const Log& log);

}  // namespace nbdroot::agent::root
