// A directory of this program's own, which nobody else looks into.
#pragma once

#include <optional>
#include <string>

#include "lib/base/result.h"
#include "lib/sys/account.h"

namespace nbdroot::sys {

enum class Missing { make, leave };

// The absolute path of the directory PATH, in which OWNER (none: who we are) can make files. Where
// there is none and its parent is there, it is made for OWNER with mode 0700, or left to be made.
[[nodiscard]] Result<std::string> private_directory(const std::string& path,
                                                    const std::optional<Account>& owner,
                                                    Missing missing);

}  // namespace nbdroot::sys
