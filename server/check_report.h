// What --check prints: what would be served, where, to whom, with which limits.
#pragma once

#include <string>

#include "server/plan.h"

namespace nbdroot::server {

// Lines; those about an export follow its first one, indented.
[[nodiscard]] std::string check_report(const Plan& plan);

}  // namespace nbdroot::server
