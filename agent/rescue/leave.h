// The end of a machine whose boot has failed.
#pragma once

#include <functional>
#include <string_view>

#include "lib/base/result.h"
#include "lib/sys/reboot.h"

namespace nbdroot::agent::rescue {

// The root may have been mounted, and be somebody's: out of the tree it is written back first. Not
// for ever: without its server that never ends. SAY is told of it. Returns only on failure.
[[nodiscard]] Error leave(sys::MachineEnd how, const std::function<void(std::string_view)>& say);

}  // namespace nbdroot::agent::rescue
