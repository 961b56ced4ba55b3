// Waiting for what the kernel shows but does not announce.
#pragma once

#include <functional>

#include "lib/base/result.h"
#include "lib/base/time.h"

namespace nbdroot::agent::attach {

// Asks CONDITION at once and every 10 ms after that. False: it was not met within LIMIT.
[[nodiscard]] Result<bool> wait_until(Duration limit,
                                      const std::function<Result<bool>()>& condition);

}  // namespace nbdroot::agent::attach
