// Where the files of a machine's overlay are, as the server says. Pure.
#pragma once

#include "lib/base/json_value.h"
#include "lib/base/result.h"
#include "server/ctl/overlay_copy.h"
#include "server/ctl/overlay_job.h"

namespace nbdroot::server::ctl {

// LIST is the server's answer to overlay-list. Refused while the machine is connected. A machine
// without a name is known by the last part of its overlay's path.
[[nodiscard]] Result<CopySource> find_place(const JsonValue& list, const OverlayJob& job);

}  // namespace nbdroot::server::ctl
