// Merkle roots for people. Pure.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/json_value.h"

namespace nbdroot::server::ctl {

// ANSWER of the command hash.
[[nodiscard]] std::string describe_roots(const JsonValue& answer);

// Enough to tell two images apart: the first digits. Empty for an empty ROOT.
[[nodiscard]] std::string short_root(std::string_view root);

}  // namespace nbdroot::server::ctl
