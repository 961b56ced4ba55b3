// What the session process asks of Reconnect. Pure, but for the look whether the boot is over.
#pragma once

#include "agent/resident/plan.h"
#include "agent/resident/reconnect.h"

namespace nbdroot::agent::resident {

[[nodiscard]] Reconnect::Options reconnect_options(const Plan& plan, const Held& held);

}  // namespace nbdroot::agent::resident
